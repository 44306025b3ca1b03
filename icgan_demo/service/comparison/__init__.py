"""Models that were trained to be compared, side by side."""
