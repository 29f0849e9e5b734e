"""A person's desk: what waits for his role over all domains, and one box that finds whatever has a number."""
