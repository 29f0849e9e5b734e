"""For authors of sequences: plays a plan in this process, on any bench file, or on a recording of a run."""

from station.kit.person import Person
from station.kit.played import Played
from station.kit.playing import play_unit
from station.kit.replaying import Replayed, replay_run

__all__ = ["Person", "Played", "Replayed", "play_unit", "replay_run"]
