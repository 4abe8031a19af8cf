"""What is asked of an engine, and what comes back: per arm, counts and exact sums."""
