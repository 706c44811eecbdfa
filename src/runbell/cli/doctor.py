"""`runbell doctor`: is this machine fit to serve, and is its server well? Every finding comes with its fix."""

from pathlib import Path

from runbell.cli.examination import examine
from runbell.cli.finding import Finding
from runbell.cli.output import put
from runbell.cli.reaching import HERE, Common, data_folder
from runbell.cli.terminal import paint
from runbell.cli.trouble import FAULT

_MARKS = {"ok": ("ok  ", "32"), "warn": ("warn", "33"), "fail": ("FAIL", "31")}


def doctor(
    *, data: Path | None = None, jobs: Path | None = None, mail: str | None = None, common: Common = HERE
) -> int:
    """Check this machine and the server; every finding comes with its fix. Ends with 1 when something fails.

    Parameters
    ----------
    data
        The data folder to look at (runbell-data).
    jobs
        A folder of job files to check, too.
    mail
        Send a test message to this address, with the mail settings of this shell.
    """
    findings = examine(data or data_folder(), jobs, common, mail)
    put(common.form, findings, lambda: _people(findings))
    return FAULT if any(finding.state == "fail" for finding in findings) else 0


def _people(findings: list[Finding]) -> None:
    wide = max(len(finding.name) for finding in findings)
    for finding in findings:
        word, sgr = _MARKS[finding.state]
        print(f"{paint(word, sgr)}  {finding.name:<{wide}}  {finding.said}")
        if finding.fix:
            print(f"      {'':<{wide}}  {paint(finding.fix, '33')}")
