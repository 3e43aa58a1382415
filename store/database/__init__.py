"""PostgreSQL and PostGIS: engine, types, models and one query file per feature."""
