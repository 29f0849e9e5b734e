"""Runs: one playing of a sequence each, with its values, its limits once, and what contradicts them."""
