"""The Generate page, with the choice of the model."""
