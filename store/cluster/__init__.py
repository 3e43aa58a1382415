"""The private PostGIS cluster that runs when no database URL is given."""
