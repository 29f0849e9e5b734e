"""How far a driver, a programmer or a target has been tried."""

EVIDENCE = ("listed", "datasheet", "simulated", "recorded", "proven")
"""Weakest first: taken from a public list, written from the data sheet, tried on a bench in a box, replayed from a
bench, used at benches."""
