"""The commands, each with its place and one line; and the page that lists them."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct


class Command(Struct, frozen=True):
    """A command: its name, where its code is, what it is for."""

    name: str
    target: str
    purpose: str


def _command(name: str, purpose: str, place: str = "") -> Command:
    return Command(name, f"runbell.cli.{place or name}:{name}", purpose)


COMMANDS: Final = (
    _command("init", "Write a folder with sample jobs."),
    _command("serve", "Run the server in the foreground."),
    _command("doctor", "Check this machine and the server; each finding has its fix."),
    _command("db", "Back up, restore, upgrade and pack the database."),
    _command("config", "Profiles of servers, and where each setting comes from."),
    _command("login", "Sign in, and keep it in a profile."),
    Command("logout", "runbell.cli.login:logout", "End the sign-in of a profile."),
    _command("whoami", "Show who the server takes you for, and what you may do."),
    _command("projects", "List, show, make and delete projects."),
    _command("users", "List, show, make and delete users; end their sign-ins."),
    _command("clients", "OAuth clients: list, show, make, give new secrets, delete."),
    _command("keys", "API keys: list, show, make, delete."),
    _command("apply", "Define the jobs of files on the server."),
    _command("jobs", "List, show, compare, check, export and retire jobs."),
    _command("secrets", "List, set and delete the secrets that jobs name."),
    _command("upload", "Hand in a file for a parameter of the type file."),
    _command("run", "Start a job; the exit code mirrors how it ends."),
    _command("ps", "List executions, newest first."),
    _command("show", "Show one execution: steps, error, end of the log."),
    _command("result", "Print what an execution has handed back."),
    _command("results", "Result sets of an execution: list, show rows, download.", "data"),
    _command("exceptions", "Exception records of an execution: list, show, download.", "data"),
    _command("files", "Files that an execution left: list, download.", "data"),
    _command("logs", "Print the log of an execution, or follow it."),
    _command("explain", "Say why an execution stands where it stands, and what helps."),
    _command("diff", "Say what differs between two executions, or from the job now."),
    _command("stop", "Stop an execution and print the proof."),
    _command("restart", "Go on from where an execution failed or was stopped."),
    _command("rerun", "Run everything of an execution again."),
    _command("webhooks", "Who is told what: list, make, change, test and delete webhooks."),
    _command("callbacks", "What signs the callbacks of your starts: show it, replace it."),
    _command("deliveries", "What was told to whom, attempt by attempt; send it again."),
    _command("bulk", "Stop, rerun, restart or delete everything that a filter names."),
    _command("pin", "Keep an execution with its log and data, beyond its retention."),
    _command("unpin", "Let the retention have an execution again.", "pin"),
    _command("pause", "Hold the executions of a job back."),
    _command("resume", "Let the executions of a paused job go again.", "pause"),
    _command("schedule", "When jobs start by themselves: show, set, foretell, pause."),
    _command("queue", "What waits, job by job, and why."),
    _command("workers", "Who runs things, and what.", "queue"),
    _command("postman", "Print a Postman collection of a job, or of all."),
    _command("openapi", "Print the OpenAPI document, without a server."),
    _command("audit", "List, check, export the audit log: who did or was refused what."),
)
_WIDTH: Final = max(len(command.name) for command in COMMANDS)
PAGE: Final = """\
runbell: ring it over HTTP, the job runs, it rings back.

Usage: runbell COMMAND [OPTIONS]

{commands}

  runbell COMMAND --help   what a command takes
  runbell --version        the version
  runbell --install-completion   complete commands in bash, zsh or fish

An execution is named by its number, its id (run_...), key:KEY, or @last.
A server is found by --url and --token, by RUNBELL_URL and RUNBELL_TOKEN, or by
the folder runbell-data of one here.
Exit codes: 0 succeeded, 1 error, 2 usage, 3 not found, 4 not allowed,
10 failed, 11 time limit, 12 stopped, 13 succeeded with warnings or exceptions,
14 discarded, 15 lost, 124 --timeout reached, 130 Ctrl-C."""


def asked_for(words: Sequence[str]) -> bool:
    """True when the list of commands is what is wanted."""
    return not words or words[0] in ("--help", "-h", "help")


def show() -> int:
    """Print the page that lists the commands."""
    lines = (f"  {command.name:<{_WIDTH}}   {command.purpose}" for command in COMMANDS)
    print(PAGE.format(commands="\n".join(lines)))
    return 0
