"""The right side of a page of the Studio: pictures, what can be done with them, how they lie among real ones."""
