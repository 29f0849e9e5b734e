"""Bytes with a deadline: nothing above knows sockets or ports."""
