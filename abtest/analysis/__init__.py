"""From a definition and its moments to an analysis: one frozen value that every report renders from."""
