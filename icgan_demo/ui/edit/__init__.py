"""The Edit page: a photo redrawn as nearly as a model can, and changed from there."""
