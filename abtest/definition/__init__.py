"""The experiment definition: a typed model, and a loader whose errors name file, line, column and cure."""
