"""Filters on features: CQL2 (text and JSON), read behind bounds, checked against the fields of a collection."""
