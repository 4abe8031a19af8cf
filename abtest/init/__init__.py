"""Drafts of definitions: from a template, or from a look at the customer's files.

Principle: a draft decides nothing in silence. What was read in the data is written down, what was guessed is marked
``# check:`` in the file and listed for the user, and what cannot be guessed is an error that names the option that
settles it.
"""
