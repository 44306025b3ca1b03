"""Hostile bytes in, clean values out: what strangers send is checked here before anything else looks at it."""
