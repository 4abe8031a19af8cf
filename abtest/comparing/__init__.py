"""``abtest compare``: an answer from counts or summary moments alone, without a definition and without data."""
