"""The public endpoints: one file for each group."""
