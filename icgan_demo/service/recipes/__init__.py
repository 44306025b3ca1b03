"""Pictures as files that can be drawn again, and what is made of such files."""
