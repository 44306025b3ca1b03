"""Training of the bundled encoder: self-supervised, before the GAN."""
