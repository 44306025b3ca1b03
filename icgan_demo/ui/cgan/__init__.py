"""The Digits and Tags tabs."""
