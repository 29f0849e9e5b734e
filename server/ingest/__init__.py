"""Ingest: letters from stations are kept as received, told apart, chained and acknowledged."""
