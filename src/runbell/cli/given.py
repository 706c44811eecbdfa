"""Parameters as they are typed: `-p name=text`, `-p name=@file`, `-p name:=JSON`, or a file of them.

Texts become the declared types.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from runbell.cli.trouble import Refusal
from runbell.domain.job import Parameter, ParameterType
from runbell.domain.parameters_values import Unfit, from_text


class Given(msgspec.Struct, frozen=True):
    """What was typed: texts that wait for the declared types, and values that are meant as they are."""

    texts: dict[str, str]
    values: dict[str, Any]


def read_given(typed: Sequence[str] | None, file: Path | None) -> Given:
    """The parameters of the file (JSON or YAML, `-` for stdin) and, over them, those typed. Raises Refusal."""
    texts: dict[str, str] = {}
    values = {} if file is None else _of_file(file)
    for one in typed or ():
        name, equals, value = one.partition("=")
        if not equals or not name.removesuffix(":"):
            raise Refusal(f"-p {one}: write it as name=text, or as name:=JSON (name:=null, name:=[1,2]).")
        texts.pop(name.removesuffix(":"), None)
        values.pop(name.removesuffix(":"), None)
        if name.endswith(":"):
            values[name.removesuffix(":")] = _json(one, value)
        else:
            texts[name] = _text_of(one, value)
    return Given(texts, values)


def settle(given: Given, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The values to send. A text that does not fit its type is sent as it is: the server says what is wrong with it."""
    declared = definition.get("parameters")
    return given.values | {
        name: _typed(name, text, declared.get(name) if isinstance(declared, dict) else None)
        for name, text in given.texts.items()
    }


def _typed(name: str, text: str, declared: Any) -> Any:
    kind = declared.get("type") if isinstance(declared, dict) else None
    try:
        return from_text(Parameter(name=name, type=ParameterType(str(kind))), text)
    except (ValueError, Unfit):
        return text


def _text_of(typed: str, value: str) -> str:
    """The text itself; of `@file` what stands in the file, of `@-` standard input, of `@@text` the text `@text`."""
    if not value.startswith("@") or value.startswith("@@"):
        return value.removeprefix("@") if value.startswith("@@") else value
    try:
        raw = sys.stdin.buffer.read() if value == "@-" else Path(value[1:]).read_bytes()
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        said = f"-p {typed}: {value[1:]} cannot be read ({error}); for a text that begins with @ write @@."
        raise Refusal(said) from None


def _json(typed: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Refusal(f"-p {typed}: what follows := is not JSON ({error}); for a text write = instead.") from None


def _of_file(file: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(sys.stdin.read() if str(file) == "-" else file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refusal(f"The parameters in {file} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise Refusal(f"{file} must hold parameters by name: a JSON object or a YAML mapping.")
    return {str(name): msgspec.to_builtins(value) for name, value in found.items()}
