"""Use cases: each function owns the order of steps; the edge commits."""
