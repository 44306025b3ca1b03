"""Measurements behind the project's figures; nothing of the product imports this."""
