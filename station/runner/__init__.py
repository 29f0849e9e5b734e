"""Plays a plan of steps on the roles of a bench and keeps the evidence; knows no link and no instrument."""
