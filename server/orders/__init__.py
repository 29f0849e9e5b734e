"""Burn orders: requested, approved by another person, burned at a station, and every IC accounted for."""
