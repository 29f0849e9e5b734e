"""Plays the same plan many times and says what its measurements are worth."""
