"""Pure partition engine: atoms, balanced contiguous grids, tiling proofs."""
