"""Pure statistics on counts and moments: no data frames, no files, no randomness that is not seeded.

A p-value, its difference interval and its lift interval come from one test and never contradict each other. What
cannot be estimated is ``None`` with a reason in plain words; impossible input is refused with a ``ValueError``.
"""
