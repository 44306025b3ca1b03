"""Training as a service: picture sets, runs as processes, a queue; knows the trainer by its files."""
