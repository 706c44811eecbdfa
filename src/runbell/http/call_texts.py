"""A ready call as text to paste: for curl in a POSIX shell, for Python with its standard library, for PowerShell."""

import re
import shlex
from collections.abc import Iterator
from typing import Final

from runbell.http.ready_calls import Ready

_VARIABLE: Final = re.compile(r"\$(RUNBELL_[A-Z_]*[A-Z])")
_SHELL_SPECIAL: Final = re.compile(r'(["\\$`])')
_POWERSHELL_SPECIAL: Final = re.compile(r'(["$`])')


def curl(call: Ready) -> str:
    """For curl."""
    lines = [f"curl -sS -X {call.method} {_shell(call.url)}"]
    lines += [f"-H {_shell(f'{name}: {value}')}" for name, value in call.headers.items()]
    if call.body is not None:
        lines.append(f"--data-raw {_shell(call.body)}")
    return " \\\n  ".join(lines)


def python(call: Ready) -> str:
    """For Python, without any package."""
    lines = ["import os", "import urllib.request", "", "request = urllib.request.Request("]
    lines += [f"    {_python(call.url)},", f'    method="{call.method}",', "    headers={"]
    lines += [f"        {_python(name)}: {_python(value)}," for name, value in call.headers.items()]
    lines.append("    },")
    if call.body is not None:
        lines.append(f"    data=({_python(call.body)}).encode(),")
    lines += [")", "with urllib.request.urlopen(request) as answer:", "    print(answer.read().decode())"]
    uses_environment = any(name for _, name in _pieces(_whole(call)))
    return "\n".join(lines if uses_environment else lines[1:])


def powershell(call: Ready) -> str:
    """For PowerShell. It has an option of its own for the type of the body."""
    words = [f"Invoke-RestMethod -Method {call.method} -Uri {_powershell(call.url)}"]
    headers = {name: value for name, value in call.headers.items() if name.lower() != "content-type"}
    if headers:
        told = "; ".join(f"{_powershell(name)} = {_powershell(value)}" for name, value in headers.items())
        words.append(f"-Headers @{{ {told} }}")
    words += [
        f"-ContentType {_powershell(value)}" for name, value in call.headers.items() if name.lower() == "content-type"
    ]
    if call.body is not None:
        words.append(f"-Body {_powershell(call.body)}")
    return " `\n  ".join(words)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The text between variables, and the name of the variable that follows it ("" at the end)."""
    at = 0
    for found in _VARIABLE.finditer(text):
        yield text[at : found.start()], found[1]
        at = found.end()
    yield text[at:], ""


def _shell(text: str) -> str:
    if not _VARIABLE.search(text):
        return shlex.quote(text)
    said = "".join(
        _SHELL_SPECIAL.sub(r"\\\1", piece) + (f"${{{name}}}" if name else "") for piece, name in _pieces(text)
    )
    return f'"{said}"'


def _python(text: str) -> str:
    words = [
        word
        for piece, name in _pieces(text)
        for word in (repr(piece) if piece else "", f'os.environ["{name}"]' if name else "")
        if word
    ]
    return " + ".join(words) or "''"


def _powershell(text: str) -> str:
    if not _VARIABLE.search(text):
        quoted = text.replace("'", "''")
        return f"'{quoted}'"
    said = "".join(
        _POWERSHELL_SPECIAL.sub(r"`\1", piece) + (f"$($env:{name})" if name else "") for piece, name in _pieces(text)
    )
    return f'"{said}"'


def _whole(call: Ready) -> str:
    return "\n".join((call.url, *call.headers.values(), call.body or ""))
