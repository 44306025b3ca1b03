"""The Generate tab, with the choice of the model."""
