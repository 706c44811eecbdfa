"""Job definitions as files on this machine: read, checked, and compared with those of a server."""

from collections.abc import Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from msgspec import Struct

from runbell.cli.trouble import Refusal
from runbell.domain.fault import Problem
from runbell.jobfiles import BrokenFile, describe, load_file, load_folder


class FileJob(Struct, frozen=True):
    """A job that can be run, and the file it stands in."""

    file: str
    name: str
    definition: dict[str, Any]


class FileProblem(Struct, frozen=True):
    """What is wrong with a file, where, and what to do; `text` says it in one line."""

    file: str
    line: int | None
    pointer: str
    code: str
    detail: str
    text: str


class Read(Struct, frozen=True):
    """All that was found in some files."""

    jobs: list[FileJob]
    problems: list[FileProblem]


def read_files(paths: Sequence[Path]) -> Read:
    """The jobs of YAML and JSON files and of folders. Raises Refusal for what cannot be read, and for Python files."""
    read = Read([], [])
    for path in paths:
        folder = path if path.is_dir() else path.parent
        for source in _sources(path):
            if isinstance(source, BrokenFile):
                read.problems.extend(_problem(one, folder / source.file) for one in source.problems)
            else:
                read.jobs.append(FileJob(str(folder / source.file), source.job.name, source.definition))
    return read


def _sources(path: Path) -> Sequence[Any]:
    from runbell.assembly.vocabulary import vocabulary

    if path.suffix == ".py":
        raise Refusal(
            f"{path}: the server finds Python jobs by itself.",
            then="Put it into the folder of: runbell serve --jobs DIR",
        )
    try:
        if path.is_dir():
            found = load_folder(path, vocabulary())
            return [*found.jobs, *found.broken]
        return load_file(path, vocabulary())
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None


def _problem(problem: Problem, file: Path) -> FileProblem:
    said = describe(problem, str(file))
    return FileProblem(str(file), problem.line, problem.pointer, problem.code, problem.detail, said)


def as_yaml(definition: Mapping[str, Any]) -> str:
    """A definition as a person would write it: texts of several lines stay several lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Ours alone: representers belong to a class."""

    Dumper.add_representer(
        str,
        lambda dumper, text: dumper.represent_scalar(
            "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
        ),
    )
    return yaml.dump(dict(definition), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def difference(before: Mapping[str, Any], after: Mapping[str, Any], old_name: str, new_name: str) -> list[str]:
    """The lines of a unified diff from one definition to another."""
    old, new = (as_yaml(one).splitlines() if one else [] for one in (before, after))
    return list(unified_diff(old, new, old_name, new_name, lineterm=""))
