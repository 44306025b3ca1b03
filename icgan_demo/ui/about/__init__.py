"""The About page: the method, the chosen model's card and its figures."""
