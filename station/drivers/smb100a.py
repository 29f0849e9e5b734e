"""R&S SMB100A and SML: RF generators with the stereo/RDS coder (options SMB-B5, SML-B5).

Source: R&S SMB100A Operating Manual 1407.0806.32, version 23: SOURce:FREQuency, :POWer, :FM, :AM, :LFOutput, :STEReo,
UNIT:POWer, OUTPut, *OPT? (options by commas: 4.2.3.11, "OPT String"), and 6.19 (STEReo:DIRect "PI=...", "PS=..."). The
MPX deviation is without the pilot's (R&S SME manual 1038.6002.02, 3.6.11.20, whose coder commands these models share).
Levels go over the wire in dBm, which has one meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from station.config.bench_file import Identity
from station.drivers.generator_models import GeneratorModel
from station.drivers.rf_level import dbm_of_emf
from station.drivers.scpi import ScpiInstrument
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError
from station.model.roles import FmModulation, Rds

LEVEL_STEP_DB = 0.01
SIDES: Mapping[str, str] = {"mono": "REL", "both": "REL", "left": "LEFT", "right": "RIGH"}
_LONG: Mapping[str, str] = {"RIGHT": "RIGH", "RELEFT": "REL"}
_PI = re.compile(r"[0-9A-F]{4}")
_PS = re.compile(r"[ !#-~]{8}")


class RsGenerator:
    """The whole generator; it has one output."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float, model: GeneratorModel) -> None:
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s)
        self._words = model.words
        self._range = model.delivers

    def begin(self) -> Identity:
        """Synchronise and say who it is; the carrier stays as it is."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Carrier off and no modulation, read back; offsets and pre-emphasis of an earlier user are gone.

        Raises InstrumentError where the stereo/RDS coder is not fitted.
        """
        with self._link.hold():
            self._scpi.act("*RST")
            self._settle()
            self._require_coder()
            self._require({"OUTP?": False, "FM:STAT?": False, "AM:STAT?": False, "STER:STAT?": False})

    def _require_coder(self) -> None:
        options = self._scpi.ask("*OPT?")
        if self._words.coder not in [option.strip() for option in options.split(",")]:
            problem = f"has no stereo/RDS coder, which is option {self._words.coder}: *OPT? says {options}"
            raise InstrumentError(self._scpi.name, problem)

    def antenna(self, path_loss_db: float) -> AntennaSource:
        """The source at the end of a path that loses ``path_loss_db``."""
        return AntennaSource(self, path_loss_db)

    def tune(self, frequency_hz: float, level_dbm: float) -> None:
        """Carrier on; raises CommandRefused before anything is sent for what the model does not deliver."""
        delivers = self._range
        if not delivers.lowest_hz <= frequency_hz <= delivers.highest_hz:
            span = f"{delivers.lowest_hz:g} Hz to {delivers.highest_hz:g} Hz"
            raise CommandRefused(self._scpi.name, f"delivers {span}, not {frequency_hz:g} Hz")
        if not delivers.lowest_dbm <= level_dbm <= delivers.highest_dbm:
            span = f"{delivers.lowest_dbm:g} dBm to {delivers.highest_dbm:g} dBm"
            raise CommandRefused(self._scpi.name, f"delivers {span}, not {level_dbm:.2f} dBm")
        with self._link.hold():
            self._scpi.act("UNIT:POW DBM", f"FREQ {frequency_hz:.2f}", f"POW {level_dbm:.2f}DBM", "OUTP ON")
            self._settle()
            self._require({"FREQ?": frequency_hz, "UNIT:POW?": "DBM", "OUTP?": True})
            self._require({"POW?": level_dbm}, LEVEL_STEP_DB)

    def modulate_fm(self, modulation: FmModulation) -> None:
        """FM by the LF generator, or by the coder where a side or RDS is asked for; PI is upper case."""
        if modulation.side not in SIDES:
            raise CommandRefused(self._scpi.name, f"{modulation.side!r} is no side: {', '.join(SIDES)}")
        rds = modulation.rds
        if rds is not None and not (_PI.fullmatch(rds.pi) and _PS.fullmatch(rds.ps)):
            problem = f"PI is 4 hex digits and PS 8 characters, not {rds.pi!r} and {rds.ps!r}"
            raise CommandRefused(self._scpi.name, problem)
        if modulation.side == "mono" and rds is None:
            self._modulate_mono(modulation)
        else:
            self._modulate_coder(modulation)

    def modulate_am(self, depth_pct: float, audio_hz: float) -> None:
        """AM by the LF generator; 0 % switches it off."""
        words = self._words
        with self._link.hold():
            self._scpi.act("FM:STAT OFF", "STER:STAT OFF", "AM:SOUR INT", f"{words.am_audio} {audio_hz:.1f}")
            self._scpi.act(f"{words.am_depth} {depth_pct:.1f}PCT", f"AM:STAT {'ON' if depth_pct else 'OFF'}")
            self._settle()
            self._require({"FM:STAT?": False, "STER:STAT?": False, "AM:STAT?": depth_pct > 0})
            self._require({f"{words.am_depth}?": depth_pct, f"{words.am_audio}?": audio_hz}, 0.05)

    def switch_off(self) -> None:
        """Carrier off; raises InstrumentError where it says that it is on."""
        with self._link.hold():
            self._scpi.act("OUTP OFF")
            self._settle()
            if self._is_on("OUTP?"):
                raise InstrumentError(self._scpi.name, "its carrier did not switch off")

    def _modulate_mono(self, modulation: FmModulation) -> None:
        words = self._words
        with self._link.hold():
            self._scpi.act("AM:STAT OFF", "STER:STAT OFF", "FM:SOUR INT")
            self._scpi.act(f"{words.fm_audio} {modulation.audio_hz:.1f}", f"FM:DEV {modulation.deviation_hz:.0f}")
            self._scpi.act("FM:STAT ON")
            self._settle()
            self._require({"FM:STAT?": True, "AM:STAT?": False, "STER:STAT?": False})
            self._require({"FM:DEV?": modulation.deviation_hz, f"{words.fm_audio}?": modulation.audio_hz}, 0.5)

    def _modulate_coder(self, modulation: FmModulation) -> None:
        mode, is_pilot = SIDES[modulation.side], modulation.pilot_hz > 0 and modulation.side != "mono"
        with self._link.hold():
            self._scpi.act("AM:STAT OFF", "FM:STAT OFF", "STER:STAT ON", "STER:SOUR LFG", f"STER:AUD:MODE {mode}")
            self._scpi.act(f"STER:AUD {modulation.audio_hz:.1f}", f"STER:DEV {modulation.deviation_hz:.0f}")
            if is_pilot:
                self._scpi.act(f"STER:PIL:DEV {modulation.pilot_hz:.0f}")
            self._scpi.act(f"STER:PIL:STAT {'ON' if is_pilot else 'OFF'}")
            self._send_rds(modulation.rds)
            self._settle()
            self._require({"STER:STAT?": True, "AM:STAT?": False, "FM:STAT?": False, "STER:PIL:STAT?": is_pilot})
            self._require({"STER:SOUR?": "LFG", "STER:AUD:MODE?": mode})
            self._require({"STER:DEV?": modulation.deviation_hz, "STER:AUD?": modulation.audio_hz}, 0.5)
            if is_pilot:
                self._require({"STER:PIL:DEV?": modulation.pilot_hz}, 0.5)

    def _send_rds(self, rds: Rds | None) -> None:
        if rds is None:
            self._scpi.act("STER:RDS:STAT OFF")
            self._require({"STER:RDS:STAT?": False})
            return
        self._scpi.act(f'STER:DIR "PI={rds.pi}"', f'STER:DIR "PS={rds.ps}"', "STER:RDS:STAT ON")
        self._require({"STER:RDS:STAT?": True, 'STER:DIR? "PI"': f'"{rds.pi}"', 'STER:DIR? "PS"': f'"{rds.ps}"'})

    def _settle(self) -> None:
        """It answers once what was set before has settled."""
        self._require({"*OPC?": "1"})

    def _require(self, settings: Mapping[str, float | str], tolerance: float = 0.01) -> None:
        """Ask each query; raises CommandRefused where the answer is not the setting."""
        for query, asked in settings.items():
            if isinstance(asked, bool):
                found, raw = self._is_on(query) is asked, str(not asked)
            elif isinstance(asked, str):
                raw = self._scpi.ask(query)
                found = _LONG.get(raw.upper(), raw) == asked
            else:
                reading = self._scpi.ask_number(query, "")
                raw, found = reading.raw, not reading.is_overload and abs(reading.value - asked) <= tolerance
            if not found:
                raise CommandRefused(self._scpi.name, f"asked for {asked}, {query} says {raw}")

    def _is_on(self, query: str) -> bool:
        answer = self._scpi.ask(query)
        if answer not in ("0", "1"):
            raise self._link.distrust(f"answer {answer!r} to {query} is neither 0 nor 1")
        return answer == "1"


class AntennaSource:
    """A station.model.roles.RfSource: levels are dBµV EMF at the antenna socket, behind the path."""

    def __init__(self, generator: RsGenerator, path_loss_db: float) -> None:
        self._generator = generator
        self._path_loss_db = path_loss_db

    def tune(self, frequency_hz: float, level_dbuv_emf: float) -> None:
        """The generator gives more by what the path loses; raises CommandRefused where it cannot."""
        self._generator.tune(frequency_hz, round(dbm_of_emf(level_dbuv_emf + self._path_loss_db), 2))

    def modulate_fm(self, modulation: FmModulation) -> None:
        """``deviation_hz`` is the audio's, without the pilot's; PI and PS are read back."""
        self._generator.modulate_fm(modulation)

    def modulate_am(self, depth_pct: float, audio_hz: float) -> None:
        """Depth and frequency are read back."""
        self._generator.modulate_am(depth_pct, audio_hz)

    def switch_off(self) -> None:
        """Carrier off, read back."""
        self._generator.switch_off()
