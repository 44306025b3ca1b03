"""Training: the IC-GAN here, everything else that learns in a folder of its own."""
