"""What answers SQL. An engine is a folder here; what it does for the rest of the house stands in :mod:`engine`."""
