"""The Conditional GAN as a service: digits and tags."""
