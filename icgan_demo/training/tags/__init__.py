"""Training of the Conditional GAN of tags, and of the word vectors that it names."""
