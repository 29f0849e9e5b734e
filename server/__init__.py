"""Fanji's server: the house in the office that takes letters and answers every question about a unit."""
