"""Pure coverage engine: view sheds, gaps, placement and staffing."""
