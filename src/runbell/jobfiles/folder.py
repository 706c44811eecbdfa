"""Load a jobs folder: every job that can be run, and every problem of those that cannot."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs

from runbell.domain.definition import read_job
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition
from runbell.domain.job import Job
from runbell.domain.vocabulary import Vocabulary
from runbell.jobfiles.documents import Document, read_documents
from runbell.jobfiles.listing import PYTHON, listed

LARGEST_BYTES: Final = 1 << 20


class JobSource(Struct, frozen=True, kw_only=True):
    """A job and where it was written: the file's name in the folder, the line, the definition with all its lines."""

    file: str
    job: Job
    definition: dict[str, Any]
    document: Document

    @property
    def line(self) -> int | None:
        """Where the job's document begins."""
        return self.document.line_of("")

    def placed(self, problem: Problem) -> Problem:
        """A problem found later (an unknown follow-up, say) with its line."""
        return structs.replace(problem, line=self.document.line_of(problem.pointer))


class BrokenFile(Struct, frozen=True):
    """A document that is no job, with the file's name in the folder; `job` as far as it says its name."""

    file: str
    problems: tuple[Problem, ...]
    job: str | None = None


class PythonFile(Struct, frozen=True):
    """A Python file, not imported here; `digest` (SHA-256, hex) of its content tells whether it has changed."""

    file: str
    digest: str


class JobsFolder(Struct, frozen=True, kw_only=True):
    """All that lies in a jobs folder, in the order of the files' names."""

    jobs: tuple[JobSource, ...] = ()
    broken: tuple[BrokenFile, ...] = ()
    python: tuple[PythonFile, ...] = ()


def load_folder(folder: Path, vocabulary: Vocabulary | None = None) -> JobsFolder:
    """Read the `*.yaml`, `*.yml` and `*.json` files that lie directly in the folder, and list the `*.py` ones.

    A broken document is reported and leaves the others alone. `vocabulary`: what dialects allow of a job; None:
    whatever stands there. Raises FileNotFoundError when there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no jobs folder {folder}; make it, or name another one.")
    found: list[JobSource | BrokenFile | PythonFile] = []
    for file in listed(folder):
        try:
            found += [_python(file)] if file.suffix == PYTHON else load_file(file, vocabulary)
        except OSError as error:
            said = f"cannot be read: {error.strerror}; change its rights, or take it away"
            found.append(BrokenFile(file.name, (Problem("", "unreadable", said),)))
    jobs, twins = _without_twins([source for source in found if isinstance(source, JobSource)])
    return JobsFolder(
        jobs=jobs,
        broken=(*(source for source in found if isinstance(source, BrokenFile)), *twins),
        python=tuple(source for source in found if isinstance(source, PythonFile)),
    )


def load_file(file: Path, vocabulary: Vocabulary | None = None) -> tuple[JobSource | BrokenFile, ...]:
    """The documents of one YAML or JSON file: jobs, and those that are none. Raises OSError when it cannot be read."""
    return tuple(_yaml(file, vocabulary))


def describe(problem: Problem, file: str) -> str:
    """One line for people: ``airports.yaml:14: /steps/1/neds: unknown member; did you mean `needs`?``"""
    place = file if problem.line is None else f"{file}:{problem.line}"
    return ": ".join(part for part in (place, problem.pointer, problem.detail) if part)


def _python(file: Path) -> PythonFile:
    with file.open("rb") as stream:
        return PythonFile(file.name, file_digest(stream, "sha256").hexdigest())


def _yaml(file: Path, vocabulary: Vocabulary | None) -> Iterator[JobSource | BrokenFile]:
    with file.open("rb") as stream:
        raw = stream.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        said = f"is larger than {LARGEST_BYTES} bytes; part it into several files"
        yield BrokenFile(file.name, (Problem("", "too_large", said),))
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        yield BrokenFile(file.name, (Problem("", "bad_text", "is not UTF-8; save it as UTF-8", line),))
        return
    for document in read_documents(text):
        yield _source(file.name, document, vocabulary)


def _source(file: str, document: Document, vocabulary: Vocabulary | None) -> JobSource | BrokenFile:
    value = document.value
    name = value.get("job") if isinstance(value, dict) else None
    problems = document.problems
    if not problems:
        try:
            return JobSource(file=file, job=read_job(value, vocabulary=vocabulary), definition=value, document=document)
        except InvalidDefinition as fault:
            problems = tuple(structs.replace(one, line=document.line_of(one.pointer)) for one in fault.problems)
    problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
    return BrokenFile(file, problems, name if isinstance(name, str) else None)


def _without_twins(sources: list[JobSource]) -> tuple[tuple[JobSource, ...], list[BrokenFile]]:
    """The jobs whose names are their own. Of two that share one neither is loaded: nobody can say which is meant."""
    by_name = defaultdict(list)
    for source in sources:
        by_name[source.job.project, source.job.name].append(source)
    twins = []
    for alike in by_name.values():
        for source in alike if len(alike) > 1 else ():
            others = ", ".join(f"{other.file}:{other.line}" for other in alike if other is not source)
            said = f"job {source.job.name} is defined in {others} too; rename one, or take it out"
            twins.append(BrokenFile(source.file, (source.placed(Problem("/job", "duplicate", said)),), source.job.name))
    return tuple(source for source in sources if len(by_name[source.job.project, source.job.name]) == 1), twins
