"""Measurements beside peers and physical limits: ``make bench [AREA=...]``."""
