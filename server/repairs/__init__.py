"""Repairs: what was found wrong with a unit, what was done about it, and what that says of all the others."""
