"""Networks and their noise; nothing here reads files or knows the web."""
