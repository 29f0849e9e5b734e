"""Files that people write, parsed once into frozen objects; every mistake names file, line and field."""
