"""The dock: what comes in is received scan by scan, what goes out is packed scan by scan."""
