"""The page: the only place that knows gradio. It imports no torch; pictures come from the service it is given."""
