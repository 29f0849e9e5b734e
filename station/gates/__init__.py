"""What must be so before a run may begin; each gate is asked every time, and what it rests on is put on record."""

from station.gates.asking import ask_gates
from station.gates.case import GateCase

__all__ = ["GateCase", "ask_gates"]
