"""Alembic migrations; they may import store models and settings only."""
