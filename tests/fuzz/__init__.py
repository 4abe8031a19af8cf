"""Fuzzers, one a command: ``python -m tests.fuzz definitions --runs 100000``. See docs/fuzzing.md."""
