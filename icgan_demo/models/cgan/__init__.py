"""The networks of the Conditional GAN: digits, and words for photos."""
