"""The kinds of file that hold images; each has a gate of its own and gives segments."""
