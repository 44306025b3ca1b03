"""The Map page of the Studio."""
