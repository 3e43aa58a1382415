"""Command line edge: `gridward`."""
