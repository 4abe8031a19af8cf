"""The sections of `abtest explain`: each turns one part of a definition into plain sentences."""
