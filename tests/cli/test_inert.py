"""Text that may come from anybody, made harmless."""

import json

import pytest

from runbell.cli.inert import inert, inert_json

ATTACKS = {
    "title": "\x1b]0;evil\x07",
    "link": "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\",
    "clear": "\x1b[2J\x1b[H",
    "device control": "\x1bP+q544e\x1b\\",
    "8-bit control sequence": "\x9b2J",
    "8-bit operating system command": "\x9d0;evil\x9c",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "answerback": "\x05",
    "backspaces": "safe\x08\x08\x08\x08evil",
    "right to left": "user\u202egpj.exe",
    "line separator": "a\u2028b",
    "half a pair": "a\ud800b",
    "hidden text": "\x1b[8mhidden\x1b[0m",
    "blinking": "\x1b[5mlook\x1b[0m",
    "broken colour": "\x1b[38;5;9999999mx",
    "private mode": "\x1b[?1049h",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("colours", [True, False])
def test_no_sequence_stays_active(attack: str, *, colours: bool) -> None:
    shown = inert(attack, colours=colours).replace("\x1b[0m", "")
    assert shown.isprintable()
    shown.encode()


def test_colours_stay_where_they_are_wanted_and_end_with_the_line() -> None:
    text = "\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mtrue"
    assert inert(text, colours=True) == text + "\x1b[0m"
    assert inert(text) == "red true"


def test_a_line_that_was_drawn_over_shows_its_last_state() -> None:
    assert inert(" 10 %\r 50 %\r100 %\r") == "100 %"


def test_ordinary_text_is_left_alone() -> None:
    assert inert("tab\there, Größe 5 ≥ 3, 日本語, 👍") == "tab\there, Größe 5 ≥ 3, 日本語, 👍"


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_json_stays_the_same_value(attack: str) -> None:
    text = inert_json(json.dumps({"a": attack}, ensure_ascii=False, indent=1))
    assert json.loads(text) == {"a": attack}
    assert text.replace("\n", "").isprintable()
