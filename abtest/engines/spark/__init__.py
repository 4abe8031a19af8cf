"""Apache Spark, the engine for data beyond one machine."""
