"""The nouns of the station, without any I/O."""
