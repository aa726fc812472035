"""Results: numbers with a definition, a denominator, unknowns and an interval."""
