"""From requests to pictures: encode, condition, draw, search."""
