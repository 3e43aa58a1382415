"""Features of every collection: read by pages, and edited where a collection can be."""
