"""`runbell jobs urls`: the calls of a job, ready to paste, at every door of the server."""

from typing import Annotated, Literal

from cyclopts import Parameter

from runbell.cli.completing import JobName
from runbell.cli.naming import job_named
from runbell.cli.output import note, put, put_text
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import NOT_FOUND, Refusal


def urls(
    job: JobName,
    /,
    *,
    dialect: str | None = None,
    language: Annotated[Literal["curl", "python", "powershell"], Parameter(name="--as")] = "curl",
    key: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    common: Common = HERE,
) -> int:
    """Print the calls that start a job, look at it and stop it, ready to paste.

    What stands in brackets is for you to replace; RUNBELL_TOKEN (with --key: RUNBELL_KEY) is read from the environment.

    Parameters
    ----------
    dialect
        Those of one door only: native, or a vendor's API that the server answers in.
    language
        As text for curl in a shell, for python without packages, or for powershell.
    key
        With an API key instead of an access token.
    """
    with common.client() as client, job_named(client, job):
        found = client.job_urls(job, credentials="key" if key else "token")
    if dialect is not None and dialect not in found.dialects:
        raise Refusal(f"{job} cannot be started at {dialect} here; its doors are {', '.join(found.dialects)}.",
                      code=NOT_FOUND)  # fmt: skip
    calls = [call for call in found.calls if dialect in (None, call.dialect)]

    def people() -> None:
        for call in calls:
            token = f", with a token of {call.token_url}" if "RUNBELL_TOKEN" in call.texts[language] else ""
            put_text(f"# {call.dialect}: {call.name}{token}\n{call.texts[language]}\n\n")

    if found.hindrance is not None:
        note(found.hindrance)
    put(common.form, calls, people)
    return 0
