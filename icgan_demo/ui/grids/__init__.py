"""The Grids page of the Studio: two settings against each other."""
