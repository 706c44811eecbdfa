"""The program `runbell`: the shortest way from what was typed to the code that does it."""

import os
import sys
from collections.abc import Sequence


def main() -> int:
    """Run one command; answers the exit code."""
    try:
        ended = dispatch(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone. What is still buffered goes nowhere, as the interpreter flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return ended


def dispatch(words: Sequence[str]) -> int:
    """An overview and a plainly spelled `serve` skip the parser: loading it takes longer than both."""
    from runbell.cli.overview import asked_for, show

    if asked_for(words):
        return show()
    if words[0] == "serve":
        from runbell.cli.serve import plainly, serve

        given = plainly(words[1:])
        if given is not None:
            return serve(**given)
    from runbell.cli.app import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
