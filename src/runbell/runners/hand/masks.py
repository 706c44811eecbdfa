"""Replaces the secrets of a step with `***` in whatever it says, also when they arrive in pieces.

Each form is looked for by itself, as fast as `bytes.find` reads. A step without secrets has no masks, and pays nothing.
"""

from typing import Any, Final

from runbell.ports.runner import StepOrder

MASK: Final = b"***"
_SHOWN: Final = MASK.decode()
LEAST: Final = 4
"""Characters. A shorter text would be found in the middle of ordinary words, and is too short to be a secret."""
_GLANCE: Final = 16
_TELLING: Final = 8


class Masks:
    """The secrets of one step, in all their forms."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        from runbell.runners.hand.secret_forms import forms_of  # a hand without secrets stays small

        forms = {form for secret in secrets for form in forms_of(secret)}
        self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        self._plain = tuple(secret for secret in secrets if len(secret) >= LEAST)
        self._tell_tales: tuple[bytes, ...] | None = None

    @classmethod
    def of(cls, order: StepOrder) -> "Masks | None":
        """The masks of a step; None when it knows no secret."""
        return cls(order.veiled) if order.veiled else None

    def text(self, said: str) -> str:
        """A text that will not go on, masked; the beginning of a secret at its end counts as one (it may be cut)."""
        data = said.encode("utf-8", "surrogatepass")
        shown, end = self.resolved(data)
        rest = data[end:]
        if len(rest) < _TELLING and self._begun(data, end) >= len(data) - len(rest):
            shown += self._masked(rest)
        else:
            shown += MASK
        return shown.decode("utf-8", "replace")

    def json(self, text: bytes) -> bytes:
        """A JSON text with its texts and names masked, and numbers that are a secret; as it is where there is none."""
        import json

        try:
            value = json.loads(text)
            shown = self._value(value)
            return text if shown == value else json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
        except RecursionError:
            return json.dumps(_SHOWN).encode()

    def lines(self, lines: bytes) -> bytes:
        """Lines of JSON, masked as `json` does it; those that cannot hold a secret are not looked at one by one."""
        if self._tell_tales is None:
            self._tell_tales = tuple({_in_json(form[:_TELLING]) for form in self._forms})
        if not any(map(lines.__contains__, self._tell_tales)):
            return lines
        return b"".join(self.json(line) + b"\n" for line in lines.split(b"\n")[:-1])

    def resolved(self, data: bytes) -> tuple[bytes, int]:
        """What can be shown of `data` now, and where the rest begins, which may be the beginning of a secret."""
        held = self._begun(data, 0)
        places = {form: at for form in self._forms if (at := data.find(form)) >= 0}
        if not places:
            return data[:held], held
        if len(places) == 1:
            parts = data.split(next(iter(places)))
            end = len(data) - len(parts[-1])
            if end <= held:
                return MASK.join((*parts[:-1], data[end:held])), held
        shown = []
        position = 0
        while places:
            form = min(places, key=lambda known: (places[known], -len(known)))
            at = places[form]
            if at >= held:
                break  # a longer one may begin here
            shown += [data[position:at], MASK]
            position = at + len(form)
            held = self._begun(data, position) if position > held else held
            for known, place in list(places.items()):
                if place < position:
                    places[known] = data.find(known, position)
                    if places[known] < 0:
                        del places[known]
        shown.append(data[position:held])
        return b"".join(shown), held

    def masked_end(self, rest: bytes) -> bytes:
        """The rest of an output that has ended: what may be the beginning of a secret is not shown."""
        return self._masked(rest) if len(rest) < LEAST else MASK

    def _masked(self, data: bytes) -> bytes:
        for form in self._forms:
            if form in data:
                data = data.replace(form, MASK)
        return data

    def _begun(self, data: bytes, start: int) -> int:
        """Where, from `start` on, the end of `data` begins that is the beginning of a form; its length when none is."""
        first = end = len(data)
        for form in self._forms:
            at = data.find(form[:1], max(start, end - len(form) + 1), first)
            while at >= 0:
                left = end - at
                if data.startswith(form[: min(left, _GLANCE)], at) and (left <= _GLANCE or form.startswith(data[at:])):
                    first = at
                    break
                at = data.find(form[:1], at + 1, first)
        return first

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self._value(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _SHOWN if any(secret in str(value) for secret in self._plain) else value
        return value


def _in_json(form: bytes) -> bytes:
    """The beginning of a secret as it would stand in a text of JSON, whole characters of it."""
    import json

    return json.dumps(form.decode("utf-8", "ignore"), ensure_ascii=False)[1:-1].encode()


class Sieve:
    """One output of a step on its way to the log: what may be the beginning of a secret waits for what follows."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self._held = b""

    def take(self, data: bytes) -> bytes:
        """What can be shown now."""
        data = self._held + data if self._held else data
        shown, end = self._masks.resolved(data)
        self._held = data[end:]
        return shown

    def rest(self) -> bytes:
        """The end: nothing will follow."""
        held, self._held = self._held, b""
        return self._masks.masked_end(held) if held else b""
