"""The Digits and Tags pages."""
