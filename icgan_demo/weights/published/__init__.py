"""The authors' own models: fetched, read without running anything in them, converted, exported."""
