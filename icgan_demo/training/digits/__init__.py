"""Training of the Conditional GAN of digits."""
