"""The Studio: one file for each of its parts."""
