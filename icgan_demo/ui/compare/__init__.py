"""The Compare page: what a generator makes of a photo, the more or less of it that it is told."""
