"""What a person reads, whoever wrote it: text whose every character is seen, names that are names and nobody's data."""
