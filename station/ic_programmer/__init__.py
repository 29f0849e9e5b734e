"""Writes images into ICs and proves that they are there."""
