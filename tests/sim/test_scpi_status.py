"""Error queue, event registers, status byte and the message exchange of IEEE 488.2, chapters 6, 10 and 11."""

from __future__ import annotations

import pytest

from tests.sim.bench_wiring import Client
from tests.sim.scpi_bench import Everything

COMMAND, EXECUTION, DEVICE, QUERY, POWER_ON, COMPLETE = 32, 16, 8, 4, 128, 1


@pytest.fixture
def device() -> Everything:
    return Everything(queue_capacity=4)


@pytest.fixture
def client(device: Everything) -> Client:
    return Client(device)


def test_a_full_error_queue_says_so_in_its_last_entry_and_keeps_the_oldest(client: Client) -> None:
    client.say("VOLT 99", "NONSENSE", "VOLT", "VOLT 1 A", "MODE X", "MODE Y")
    assert client.ask("SYST:ERR:COUN?") == "4"
    assert [client.ask("SYST:ERR?") for _ in range(5)] == [
        '-222,"Data out of range"',
        '-113,"Undefined header"',
        '-109,"Missing parameter"',
        '-350,"Queue overflow"',
        '0,"No error"',
    ]


def test_the_power_on_bit_is_set_once_and_reading_the_register_clears_it(client: Client) -> None:
    assert [client.ask("*ESR?"), client.ask("*ESR?")] == [str(POWER_ON), "0"]


@pytest.mark.parametrize(
    ("message", "bit"), [("NONSENSE", COMMAND), ("VOLT 99", EXECUTION), ("BREAK?", EXECUTION), ("*OPC", COMPLETE)]
)
def test_each_class_of_event_has_its_bit(client: Client, message: str, bit: int) -> None:
    client.say("*CLS", message)
    assert int(client.ask("*ESR?")) == bit


def test_clear_status_empties_queue_and_registers_and_leaves_the_masks(client: Client) -> None:
    client.say("*ESE 60", "*SRE 32", "STAT:QUES:ENAB 3", "NONSENSE", "*CLS")
    assert client.ask("*STB?") == "0"
    assert client.ask("*ESR?;*ESE?;*SRE?;:STAT:QUES:ENAB?;:SYST:ERR?") == '0;60;32;3;0,"No error"'


def test_reset_forgets_settings_but_not_status(device: Everything, client: Client) -> None:
    client.say("*CLS", "VOLT 3", "NONSENSE", "*RST")
    assert device.last == {}
    assert client.ask("*ESR?;:SYST:ERR:COUN?") == f"{COMMAND};1"


def test_the_status_byte_sums_up_queue_events_conditions_and_waiting_answers(
    device: Everything, client: Client
) -> None:
    client.say("*CLS", "*ESE 32", "*SRE 32", "STAT:QUES:ENAB 1")
    assert client.ask("*STB?") == "0"
    assert client.ask("*OPC?;*STB?") == "1;16"
    client.say("NONSENSE")
    assert client.ask("*STB?") == str(0x04 | 0x20 | 0x40)
    device.condition = 1
    assert client.ask("*STB?") == str(0x04 | 0x08 | 0x20 | 0x40)


def test_the_master_summary_bit_cannot_enable_itself(client: Client) -> None:
    client.say("*SRE 255")
    assert client.ask("*SRE?") == "191"


def test_an_event_stays_after_its_condition_has_gone_until_it_is_read(device: Everything, client: Client) -> None:
    device.condition = 5
    assert client.ask("STAT:QUES:COND?") == "5"
    device.condition = 0
    assert [client.ask("STAT:QUES:COND?"), client.ask("STAT:QUES?"), client.ask("STAT:QUES:EVEN?")] == ["0", "5", "0"]


def test_a_condition_that_lasts_is_one_event(device: Everything, client: Client) -> None:
    device.condition = 5
    assert [client.ask("STAT:QUES?"), client.ask("STAT:QUES?"), client.ask("STAT:QUES:COND?")] == ["5", "0", "5"]


def test_preset_makes_the_registers_report_nothing(client: Client) -> None:
    client.say("STAT:QUES:ENAB 3", "STAT:OPER:ENAB 65535")
    assert client.ask("STAT:QUES:ENAB?;:STAT:OPER:ENAB?") == "3;32767"
    client.say("STAT:PRES")
    assert client.ask("STAT:QUES:ENAB?;:STAT:OPER:ENAB?;COND?;EVEN?") == "0;0;0;0"


@pytest.mark.parametrize("message", ["*ESE 256", "*ESE -1", "*SRE 1E9"])
def test_a_mask_outside_its_byte_is_refused(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() == -222


def test_clients_share_the_error_queue_but_not_their_half_written_messages(device: Everything) -> None:
    one, other = Client(device), Client(device)
    assert one.session.receive(b"VOLT ") == []
    other.say("NONSENSE")
    one.say("7")
    assert device.last == {"[SOURce:]VOLTage": 7.0}
    assert one.error() == -113


def test_a_client_that_leaves_changes_nothing(device: Everything) -> None:
    one = Client(device)
    one.say("VOLT 7")
    one.session.close()
    assert device.last == {"[SOURce:]VOLTage": 7.0}


def test_a_client_that_speaks_before_it_has_listened_loses_the_answer(device: Everything) -> None:
    exchange = device.exchange()
    exchange.put(b"*IDN?")
    assert exchange.status_byte == 16
    exchange.put(b"VOLT 3;:SYST:ERR?")
    assert exchange.take() == b'-410,"Query INTERRUPTED"\n'
    assert device.last == {"[SOURce:]VOLTage": 3.0}
    assert device.status.events & QUERY


def test_a_client_that_listens_without_having_asked_gets_nothing_and_an_error(device: Everything) -> None:
    exchange = device.exchange()
    exchange.put(b"VOLT 3")
    assert exchange.take() is None
    exchange.put(b"SYST:ERR?")
    assert exchange.take() == b'-420,"Query UNTERMINATED"\n'


def test_a_block_shorter_than_it_says_is_refused(device: Everything) -> None:
    exchange = device.exchange()
    exchange.put(b"TRAC:DATA #15ab")
    exchange.put(b"SYST:ERR?")
    assert exchange.take() == b'-161,"Invalid block data"\n'


def test_a_message_longer_than_the_input_buffer_is_dropped_as_a_whole(device: Everything, client: Client) -> None:
    client.say("*CLS", "LAB '" + "x" * 70000 + "';:VOLT 3")
    assert device.last == {}
    assert client.ask("*ESR?;:SYST:ERR?") == f'{DEVICE};-363,"Input buffer overrun"'


def test_a_block_that_claims_more_than_the_input_buffer_ends_at_the_next_line_feed(client: Client) -> None:
    client.say("TRAC:DATA #9999999999" + "x" * 70000)
    assert client.error() == -363


def test_a_slow_answer_carries_its_time_and_that_of_the_command_before(client: Client) -> None:
    (reply,) = client.session.receive(b"SLOW?\n")
    assert reply.delay_s == pytest.approx(0.25)
    (reply,) = client.session.receive(b"SETT\n*OPC?\n")
    assert reply.delay_s == pytest.approx(0.5, abs=0.1)
    (reply,) = client.session.receive(b"*OPC?\n")
    assert reply.delay_s == 0.0


def test_devices_take_no_time_when_the_clock_stands_still(device: Everything, client: Client) -> None:
    device.clock.scale = 0.0
    (reply,) = client.session.receive(b"SETT\n*OPC?\n")
    assert reply.delay_s == 0.0
