"""Upkeep: records are backed up, restored, checked against themselves, and made up for trials."""
