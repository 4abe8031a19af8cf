"""Which arm a unit is in: buckets by hash, the same on every platform and in every engine."""
