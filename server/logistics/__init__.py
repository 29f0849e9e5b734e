"""Logistics: the couriers' waybills, in and out, and the units that travelled by each."""
