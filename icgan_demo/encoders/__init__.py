"""What turns photos into features: one file for each encoder, and the table of all."""
