"""Charts, drawn with matplotlib from their data."""
