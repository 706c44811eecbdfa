"""Secrets to plant, and looking for them: in the forms that whoever finds a file or an answer would recognise."""

import base64
import html
import json
from collections.abc import Iterable
from random import Random
from urllib.parse import quote, quote_plus

LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ODD = "/+\"'\\ &<%$äß€"


def secrets(dice: Random, count: int) -> list[str]:
    """So many different secrets of 12 to 40 characters, half of them with characters that encodings change."""
    return [_secret(dice, turn) for turn in range(count)]


def _secret(dice: Random, turn: int) -> str:
    text = "".join(dice.choices(LETTERS, k=dice.randint(12, 40)))
    if turn % 2:
        for _ in range(3):
            at = dice.randint(1, len(text) - 1)
            text = text[:at] + dice.choice(ODD) + text[at:]
    return text


def found(secret: str, places: Iterable[bytes]) -> list[str]:
    """In which forms the secret stands in these bytes."""
    texts = list(places)
    return [name for name, form in _forms(secret).items() if any(form in text for text in texts)]


def _forms(secret: str) -> dict[str, bytes]:
    raw = secret.encode()
    texts = {
        "plain": secret,
        "json": json.dumps(secret)[1:-1],
        "json_utf8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "url": quote(secret, safe=""),
        "path": quote(secret),
        "form": quote_plus(secret),
        "html": html.escape(secret),
        "repr": repr(secret)[1:-1],
        "hex": raw.hex(),
    }
    encoded = {name: text.encode() for name, text in texts.items()}
    for before in range(3):
        aligned = base64.b64encode(b"\0" * before + raw + b"\0\0\0")
        encoded[f"base64_{before}"] = aligned[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
    encoded["base64_url"] = base64.urlsafe_b64encode(raw)[: len(raw) * 8 // 6]
    return encoded
