"""Returns: one journey of a unit through the department each, from its arrival on."""
