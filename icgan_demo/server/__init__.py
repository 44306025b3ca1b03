"""What opens and guards the page but is no part of it: settings, services put together, requests, health."""
