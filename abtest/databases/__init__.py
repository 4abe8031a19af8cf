"""Tables that stand in a database: asked through ADBC, for the columns and rows that are needed, and streamed as Arrow.

Nothing here knows an experiment or an engine. ``reach`` says where a database is, ``dialects`` how it is asked,
``asks`` what, and ``connection`` asks it, in one read-only transaction.
"""
