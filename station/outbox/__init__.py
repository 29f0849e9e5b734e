"""Keeps every record on this disk as a letter in a chain until the server has it."""
