"""The About tab: the method, the chosen model's card and its figures."""
