"""The SCPI core understands what IEEE 488.2 and SCPI-99 allow, and names what they forbid."""

from __future__ import annotations

import pytest

from fixtures.sim.scpi.tree import Command, CommandTree
from tests.sim.bench_wiring import Client
from tests.sim.scpi_bench import Everything


@pytest.fixture
def device() -> Everything:
    return Everything()


@pytest.fixture
def client(device: Everything) -> Client:
    return Client(device)


@pytest.mark.parametrize(
    "header",
    ["VOLT", "volt", "Voltage", ":VOLT", "SOUR:VOLT", "source:voltage:level:immediate", "VOLT:IMM", ":SOUR:VOLT:LEV"],
)
def test_a_header_is_known_in_short_and_long_form_in_any_case_with_optional_nodes(
    device: Everything, client: Client, header: str
) -> None:
    client.say(f"{header} 7")
    assert device.last == {"[SOURce:]VOLTage": 7.0}


@pytest.mark.parametrize("header", ["VOLTA", "VOL", "VOLT:LEVE", "SOUR", "SOUR:OUTP", "IMM", "*VOLT", "VOLT:LEV:LEV"])
def test_any_other_spelling_is_an_undefined_header(client: Client, header: str) -> None:
    client.say(f"{header} 7")
    assert client.ask("SYST:ERR?") == '-113,"Undefined header"'


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("VOLT 1;CURR 2", {"[SOURce:]VOLTage": 1.0, "[SOURce:]CURRent": 2.0}),
        ("SOUR:VOLT 1;CURR 2", {"[SOURce:]VOLTage": 1.0, "[SOURce:]CURRent": 2.0}),
        ("SOUR:VOLT 1;*WAI;CURR 2", {"[SOURce:]VOLTage": 1.0, "[SOURce:]CURRent": 2.0}),
        ("SOUR:VOLT 1;:OUTP ON", {"[SOURce:]VOLTage": 1.0, "OUTPut<4>": True}),
        ("VOLT:LEV 1;LEV:IMM 2", {"[SOURce:]VOLTage": 2.0}),
        (" VOLT\t1 ; ; CURR 2 ;", {"[SOURce:]VOLTage": 1.0, "[SOURce:]CURRent": 2.0}),
        ("ROUT:CLOS (@1);*WAI;CLOS (@3)", {"ROUTe:CLOSe": (3,)}),
        ("ROUT:CLOS (@1);CLOS (@2)\r", {"ROUTe:CLOSe": (2,)}),
    ],
)
def test_a_compound_message_goes_on_from_the_node_above_the_last_header(
    device: Everything, client: Client, message: str, kept: dict[str, object]
) -> None:
    client.say(message)
    assert device.last == kept
    assert client.error() == 0


def test_the_path_does_not_outlive_the_message_and_does_not_climb(device: Everything, client: Client) -> None:
    client.say("SOUR:VOLT 1;OUTP ON", "ROUT:CLOS (@1)", "CLOS (@2)")
    assert [client.error(), client.error(), client.error()] == [-113, -113, 0]
    assert device.last == {"[SOURce:]VOLTage": 1.0, "ROUTe:CLOSe": (1,)}


def test_answers_of_one_message_are_joined_by_semicolons(client: Client) -> None:
    assert client.ask("*IDN?;VOLT?;:OUTP3:NUMB?;*OPC?") == "MAKER,MODEL,1,2;5.0;3;1"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("7", 7.0), ("+7.5", 7.5), (".5", 0.5), ("1.", 1.0), ("12E-1", 1.2), ("1.2 e +1", 12.0),
        ("2500 MV", 2.5), ("2500mv", 2.5), ("2.5V", 2.5), ("0.002kv", 2.0), ("2E6 UV", 2.0),
        ("MIN", 0.0), ("maximum", 30.0), ("DEF", 5.0), ("#H1E", 30.0), ("#q17", 15.0), ("#B101", 5.0), ("UP", "UP"),
    ],
)  # fmt: skip
def test_a_number_may_be_written_in_every_form_of_the_standard(
    device: Everything, client: Client, written: str, value: object
) -> None:
    client.say(f"VOLT {written}")
    assert client.error() == 0
    assert device.last == {"[SOURce:]VOLTage": value}


def test_m_is_mega_for_hertz_and_milli_for_amperes(device: Everything, client: Client) -> None:
    client.say("FREQ 98.5MHZ", "CURR 200MA")
    assert device.last["[SOURce:]FREQuency"] == pytest.approx(98.5e6)
    assert device.last["[SOURce:]CURRent"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("written", "value"), [("ON", True), ("off", False), ("1", True), ("0", False), ("0.4", False), ("1E31000", True)]
)
def test_a_boolean_is_a_word_or_a_number(device: Everything, client: Client, written: str, value: bool) -> None:
    client.say(f"OUTP {written}")
    assert device.last == {"OUTPut<4>": value}


@pytest.mark.parametrize(
    ("message", "name", "value"),
    [
        ("MODE meas", "MODE", "MEAS"),
        ("MODE PROTECTED", "MODE", "PROT"),
        ("LAB 'it''s; a, (label'", "LABel", "it's; a, (label"),
        ('LAB "say ""yes"""', "LABel", 'say "yes"'),
        ("LAB 'no block: #15'", "LABel", "no block: #15"),
        ("ROUT:CLOS (@1,3:5, 9 )", "ROUTe:CLOSe", (1, 3, 4, 5, 9)),
        ("ROUT:CLOS (@5:3)", "ROUTe:CLOSe", (5, 4, 3)),
        ("ROUT:CLOS (@)", "ROUTe:CLOSe", ()),
        ("RANG 5, (@2)", "RANGe", (5.0, (2,))),
        ("RANG 5", "RANGe", (5.0, None)),
        ("TRAC:DATA #15a\nb;c", "TRACe:DATA", b"a\nb;c"),
        ("TRAC:DATA #0to the end; of it", "TRACe:DATA", b"to the end; of it"),
        ("TRAC:DATA #202\r\n;", "TRACe:DATA", b"\r\n"),
    ],
)
def test_words_strings_channel_lists_and_blocks_arrive_as_written(
    device: Everything, client: Client, message: str, name: str, value: object
) -> None:
    client.say(message)
    assert client.error() == 0
    assert device.last == {name: value}


def test_a_block_goes_out_with_its_length(client: Client) -> None:
    replies = client.session.receive(b"TRAC:DATA?;*OPC?\n")
    assert [reply.data for reply in replies] == [b"#213one\ntwo;three;1\n"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("\x80VOLT 1", -101), ("VOLT 1\x01;\xe4", -101), ("VOLT \xe4", -101), ("?", -102), ("VOLT $", -102),
        ("VOLT 1 2", -103), ("LAB 'a' 'b'", -103), ("VOLT", -109), ("VOLT ,", -109), ("VOLT 1,", -109),
        ("VOLT 1,2", -108), ("*RST 1", -108), ("OUTP;:OUTP 1", -109), ("VOLT,1", -111), ("VOLT#15", -111),
        ("VOLT?!", -111),
        ("ABCDEFGHIJKLMNO 1", -112), ("VOLT:FOO 1", -113), ("VOLT7 1", -114), ("OUTP5 1", -114), ("OUTP0 ON", -114),
        ("OUTP99999999999999 ON", -114), ("VOLT 1_0", -121), ("VOLT #HG", -121), ("VOLT 1E99999", -123),
        ("VOLT " + "1" * 300, -124), ("LAB 5", -128), ("VOLT 1 X", -131), ("VOLT 1 A", -131), ("VOLT 1 QV", -131),
        ("COUN 1 V", -138), ("OUTP 1 V", -138), ("VOLT TRUE", -141), ("OUTP TRUE", -141), ("VOLT? UP", -141),
        ("LAB text", -148), ("LAB 'text", -151), ("VOLT 'text'", -158), ("TRAC:DATA #A", -161),
        ("TRAC:DATA #2x", -161), ("VOLT #11a", -168), ("ROUT:CLOS (@1", -171),
        ("ROUT:CLOS (1)", -171), ("ROUT:CLOS (@1:2:3)", -171), ("ROUT:CLOS (@a)", -171), ("VOLT (@1)", -178),
        ("VOLT 30.001", -222), ("VOLT -1", -222), ("VOLT 1E31000", -222), ("ROUT:CLOS (@11)", -222),
        ("ROUT:CLOS (@0)", -222), ("MODE OTHER", -224), ("BREAK?", -230),
    ],
)  # fmt: skip
def test_each_mistake_has_its_number_changes_nothing_and_answers_nothing(
    device: Everything, client: Client, message: str, code: int
) -> None:
    client.say("VOLT 3")
    kept = dict(device.last)
    client.say(message)
    assert device.last == kept or message == "VOLT 1\x01;\xe4"
    assert [client.error(), client.error()] == [code, 0]


def test_a_command_error_ends_its_message_and_what_came_before_was_done(device: Everything, client: Client) -> None:
    assert client.ask("VOLT 4;VOLT?;NONSENSE;CURR 2;*IDN?") == "4.0"
    assert device.last == {"[SOURce:]VOLTage": 4.0}


def test_an_execution_error_leaves_the_rest_of_the_message_to_be_done(device: Everything, client: Client) -> None:
    assert client.ask("VOLT 99;CURR 2;*OPC?") == "1"
    assert device.last == {"[SOURce:]CURRent": 2.0}
    assert client.error() == -222


def test_a_query_answers_the_value_that_min_max_and_def_stand_for(client: Client) -> None:
    assert client.ask("VOLT? MIN;VOLT? MAX;VOLT? DEFAULT") == "0.0;30.0;5.0"


@pytest.mark.parametrize("pattern", ["VOLT[", "[:SENSe", "A::B", "VOLT]", "9A"])
def test_a_row_that_is_no_header_pattern_is_refused_when_the_table_is_built(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a header pattern"):
        CommandTree([Command(pattern, lambda _: None)])


@pytest.mark.parametrize(("one", "other"), [("A[:B]", "A"), ("VOLTage", "VOLTmeter"), ("OUTPut<4>", "OUTPut:GENeral")])
def test_two_rows_for_one_header_are_refused_when_the_table_is_built(one: str, other: str) -> None:
    with pytest.raises(ValueError, match=r"same header|contradicts"):
        CommandTree([Command(one, lambda _: None), Command(other, lambda _: None)])
