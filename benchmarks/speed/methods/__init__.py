"""One script a method: each reads the same files and prints the same JSON of results."""
