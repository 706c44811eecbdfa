"""What is a secret never stands in an output, however it arrives and in whatever usual form."""

import base64
import html
import json
import re
from random import Random
from urllib.parse import quote, quote_plus

import msgspec
import pytest

from runbell.runners.hand.masks import Masks, Sieve
from runbell.runners.hand.secret_forms import forms_of

SECRET = "hunter2-Pä'ss\"w/rd\\+&x"


def sieved(text: bytes, *secrets: str, pieces: int = 1_000) -> bytes:
    """The text as it comes out when it is read in pieces of so many bytes."""
    sieve = Sieve(Masks(secrets))
    shown = b"".join(sieve.take(text[at : at + pieces]) for at in range(0, len(text), pieces))
    return shown + sieve.rest()


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 1_000])
def test_a_secret_is_masked_however_it_is_read(pieces: int) -> None:
    text = f"a{SECRET}b {SECRET}{SECRET}\nc".encode()
    assert sieved(text, SECRET, pieces=pieces) == b"a***b ******\nc"


ENCODINGS = {
    "json": json.dumps(SECRET),
    "json, not ascii": json.dumps(SECRET, ensure_ascii=False),
    "json, escaped slashes": json.dumps(SECRET).replace("/", "\\/"),
    "url": quote(SECRET, safe=""),
    "path": quote(SECRET),
    "form": quote_plus(SECRET),
    "url, lower case": re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
    "html": html.escape(SECRET),
    "repr": repr(SECRET),
    "hex": SECRET.encode().hex(),
    "HEX": SECRET.encode().hex().upper(),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 of more": base64.b64encode(f"u:{SECRET}:x".encode()).decode(),
    "base64 of a line": base64.b64encode(f"u{SECRET}\n".encode()).decode(),
    "base64 for urls": base64.urlsafe_b64encode(f"??{SECRET}".encode()).decode(),
    "lines of base64": base64.encodebytes(f"{SECRET * 4}".encode()).decode(),
}  # fmt: skip


@pytest.mark.parametrize("form", ENCODINGS)
@pytest.mark.parametrize("pieces", [1, 5, 1_000])
def test_the_usual_forms_are_masked(form: str, pieces: int) -> None:
    secret = SECRET * 4 if form == "lines of base64" else SECRET
    shown = sieved(f"> {ENCODINGS[form]} <\n".encode(), secret, pieces=pieces)
    assert b"***" in shown
    assert len(shown) <= 22, shown


def test_a_short_text_is_no_secret_and_is_not_masked() -> None:
    assert sieved(b"abc is short", "abc") == b"abc is short"
    assert sieved(b"abcd is not", "abcd") == b"*** is not"


def test_what_only_begins_like_a_secret_is_shown_once_it_goes_on_otherwise() -> None:
    sieve = Sieve(Masks(("hunter2",)))
    assert sieve.take(b"a hunt") == b"a "
    assert sieve.take(b"ing dog") == b"hunting dog"
    assert sieve.rest() == b""


def test_the_beginning_of_a_secret_at_the_very_end_is_not_shown() -> None:
    assert sieved(b"a hunter", "hunter2") == b"a ***"
    assert sieved(b"a hun", "hunter2") == b"a hun"


def test_a_secret_that_is_the_beginning_of_another_hides_neither() -> None:
    for pieces in (1, 3, 100):
        assert sieved(b"> secret-long < > secret- <", "secret", "secret-long", pieces=pieces) == b"> *** < > ***- <"


def test_a_secret_of_several_lines_is_masked_line_by_line_too() -> None:
    key = "-----BEGIN KEY-----\nMIIBVgIBADANBg\nkqhkiG9w0B\n-----END KEY-----\n"
    assert b"MIIB" not in sieved(key.encode(), key)
    assert sieved(b"1: MIIBVgIBADANBg\n2: kqhkiG9w0B\n", key) == b"1: ***\n2: ***\n"


def test_a_text_that_was_cut_shows_no_large_beginning_of_a_secret() -> None:
    masks = Masks(("hunter2-password",))
    assert masks.text("ValueError: hunter2-password") == "ValueError: ***"
    assert masks.text("ValueError: hunter2-passw") == "ValueError: ***"
    assert masks.text("plain: é") == "plain: é"


def test_a_result_stays_json() -> None:
    masks = Masks(("1234", 'pa"ss'))
    text = json.dumps({"a": 'x pa"ss', 'pa"ss': [12345, 1.5, True, None], "b": "\u0031234"}).encode()
    assert json.loads(masks.json(text)) == {"a": "x ***", "***": ["***", 1.5, True, None], "b": "***"}
    assert masks.json(b'{ "a":  1.50 }') == b'{ "a":  1.50 }'
    assert masks.json(b"[" * 5_000 + b"]" * 5_000) == b'"***"'


def test_whatever_the_text_and_the_pieces_nothing_of_it_gets_through() -> None:
    for seed in range(3_000):
        dice = Random(seed)
        letters = dice.choice(["ab", "abc*", "aé\n\"'/ "])
        secrets = tuple("".join(dice.choices(letters, k=dice.randint(4, 9))) for _ in range(dice.randint(1, 3)))
        forms = sorted(form for secret in secrets for form in forms_of(secret))
        parts = (dice.choice([dice.choice(forms or [b"."]), dice.choice(letters).encode(), b"zz"]) for _ in range(9))
        text = b"".join(parts)
        pieces = dice.randint(1, 6)
        shown = sieved(text, *secrets, pieces=pieces)
        assert shown == sieved(text, *secrets, pieces=1_000), (seed, secrets, text)
        assert not any(secret.encode() in shown for secret in secrets if "*" not in secret), (seed, secrets, text)


ODD = 'tw\\\x01\x1f\x7f"o/ä\u2028\n\b\f\t€𝄞-tail'


@pytest.mark.parametrize("secret", [SECRET, ODD, "abcd", "12345678"])
def test_lines_of_json_are_masked_as_one_by_one(secret: str) -> None:
    masks = Masks((secret,))
    forms = [form.decode("utf-8", "ignore") for form in forms_of(secret)]
    texts = [text for form in forms for text in (form, f"a {form} b", f"cut {form[:9]}", f"{form[:4]}", "none")]
    values: list[list[object]] = [[text, {text: 1}] for text in texts] + [[123456789, 1.5, None]]
    for value in values:
        for encoded in (msgspec.json.encode(value), json.dumps(value, ensure_ascii=False).encode()):
            assert masks.lines(encoded + b"\n") == masks.json(encoded) + b"\n"
    whole = msgspec.json.Encoder().encode_lines(values)
    assert masks.lines(whole) == b"".join(masks.json(line) + b"\n" for line in whole.splitlines())
