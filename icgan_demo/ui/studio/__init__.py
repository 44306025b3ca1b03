"""The Studio tab: one file for each page."""
