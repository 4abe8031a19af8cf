"""What is decided before the data is in: simulated experiments with known truth."""
