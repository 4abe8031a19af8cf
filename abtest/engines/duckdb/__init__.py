"""DuckDB, the embedded engine: CSV, Parquet, NDJSON and frames without a server."""
