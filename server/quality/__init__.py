"""Quality: the codes that a fault is told by, symptom, cause and action."""
