"""What captures show: the lines that decide, and the transitions."""
