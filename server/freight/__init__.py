"""Freight: couriers' monthly bills beside our waybills, what is decided of each line, and the closed months."""
