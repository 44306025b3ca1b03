"""The Travel page: paths through instances, classes and seeds, and their films."""
