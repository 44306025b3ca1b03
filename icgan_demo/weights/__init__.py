"""Models on disk: a card that says what a model is, tensor files that are checked before they are believed."""
