"""HTTP edge: the FastAPI application, one router per feature."""
