"""Claims: numbers with their definition, denominator, unknowns and interval."""
