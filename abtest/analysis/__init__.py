"""From a definition and its moments to an :class:`~abtest.analysis.result.Analysis`: a value that reports render from."""
