"""Every word and number that a person reads: ours by language and message, and those of others as they may be seen."""
