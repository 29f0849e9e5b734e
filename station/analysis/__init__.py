"""Figures made of many samples: sound and pictures, without any I/O."""
