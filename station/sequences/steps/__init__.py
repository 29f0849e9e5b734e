"""Steps that several products share, one file for each part of a unit; a product puts them in order."""
