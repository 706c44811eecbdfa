"""The command line parser: reads the words, loads the one command that they name, and turns every end into a code."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from cyclopts import App, CycloptsError, UnusedCliTokensError

from runbell.cli.overview import COMMANDS
from runbell.cli.trouble import DETACHED, USAGE, explain

app: Final = App(
    name="runbell",
    help="Ring it over HTTP, the job runs, it rings back.",
    help_format="plaintext",
    version=lambda: version("runbell"),
)
for command in COMMANDS:
    app.command(command.target, name=command.name)
app.register_install_completion_command(help="Complete commands in bash, zsh or fish.")


def run(words: Sequence[str]) -> int:
    """Run the command that the words name; answers the exit code and never lets a traceback out."""
    try:
        ended = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        known = [word for word in words[:1] if word in {command.name for command in COMMANDS}]
        said = str(error)
        if isinstance(error, UnusedCliTokensError):
            said = f"That is too much: nothing is expected where {' '.join(error.unused_tokens or ())} stands."
        print(f"{said}\nTry: {' '.join(['runbell', *known, '--help'])}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return DETACHED
    except BrokenPipeError:
        raise  # not ours to explain: see __main__
    except Exception as error:
        return explain(error)
    return ended if isinstance(ended, int) else 0
