"""What every training uses: pictures in memory, losses, figures, checkpoints, randomness."""
