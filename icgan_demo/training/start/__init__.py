"""Where a run starts from: fresh networks, or those of a model, grown or refitted."""
