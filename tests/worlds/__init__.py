"""Small archives written byte by byte, and what every source must find in each of them."""
