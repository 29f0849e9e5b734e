"""What a step or a burn may ask of the bench: small Protocols, no instrument behind them."""

from station.model.roles.audio import AudioAnalyser, Weighting
from station.model.roles.boot_rom import BootRom, BootRomProduct
from station.model.roles.boot_rom_guard import BootRomGuard
from station.model.roles.diagnostics import Diagnostics, VehicleBus
from station.model.roles.eeprom_buses import I2cBus, MicrowireBus
from station.model.roles.firmware_device import FirmwareDevice, FirmwareProduct
from station.model.roles.head_unit import HeadUnit
from station.model.roles.meters import Ammeter, Multimeter
from station.model.roles.operator import MAX_CHOICES, OPERATOR, ChecklistItem, Choice, Operator
from station.model.roles.packing import LabelPrinter, PrinterState, Scale, Scanner
from station.model.roles.power import Load, Supply
from station.model.roles.radio import FmModulation, Gnss, Rds, RfSource
from station.model.roles.spi_bus import SpiBus, SpiClock, SpiFlow, SpiTransaction
from station.model.roles.switching import Relays
from station.model.roles.upgrade_rom import UpgradeMemory, UpgradeProduct, UpgradeRom
from station.model.roles.vision import Camera, Picture

__all__ = [
    "MAX_CHOICES",
    "OPERATOR",
    "Ammeter",
    "AudioAnalyser",
    "BootRom",
    "BootRomGuard",
    "BootRomProduct",
    "Camera",
    "ChecklistItem",
    "Choice",
    "Diagnostics",
    "FirmwareDevice",
    "FirmwareProduct",
    "FmModulation",
    "Gnss",
    "HeadUnit",
    "I2cBus",
    "LabelPrinter",
    "Load",
    "MicrowireBus",
    "Multimeter",
    "Operator",
    "Picture",
    "PrinterState",
    "Rds",
    "Relays",
    "RfSource",
    "Scale",
    "Scanner",
    "SpiBus",
    "SpiClock",
    "SpiFlow",
    "SpiTransaction",
    "Supply",
    "UpgradeMemory",
    "UpgradeProduct",
    "UpgradeRom",
    "VehicleBus",
    "Weighting",
]
