"""Reading the values of a YAML file: nodes that know their place, fields and how each is written, expressions."""
