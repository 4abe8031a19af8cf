"""The files of a table: found by a path or pattern, told apart, and what they say of themselves before an engine reads.

No engine, no definition: a path and the place that errors name are all that is asked for.
"""
