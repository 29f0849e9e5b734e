"""Fanji's station: the house at the bench that plays sequences, burns ICs and keeps every record until it is sent."""

__version__ = "0.1.0"
