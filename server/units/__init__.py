"""Units: one physical machine for all its life, its events, and the rules that say what a serial number means."""
