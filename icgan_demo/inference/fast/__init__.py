"""The generators prepared for drawing: the same pictures for a fraction of the arithmetic."""
