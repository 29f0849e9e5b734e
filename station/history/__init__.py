"""What was tested at this station and how its instruments were last seen, kept on this disk for the people at it."""
