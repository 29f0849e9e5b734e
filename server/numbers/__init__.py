"""Serial numbers that are put into ICs: taken from pools, reserved for a station, never used twice."""
