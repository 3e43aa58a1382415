"""Pure geometry at the bottom of Gridward: errors, CRS, validity, measures, indexes, codes."""
