"""Prints the label of a run that has passed, or of an IC: after its verdict, never from within its plan."""

from station.labelling.printing import LabelTold, State, print_ic_label, print_run_label

__all__ = ["LabelTold", "State", "print_ic_label", "print_run_label"]
