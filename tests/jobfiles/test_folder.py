"""A jobs folder: what can be run is loaded, what cannot is said with file, line and remedy."""

import hashlib
import os
from pathlib import Path

import pytest

from runbell.domain.fault import Problem
from runbell.jobfiles import BrokenFile, Changes, PythonFile, changes, describe, load_folder, snapshot

HELLO = "job: hello\nsteps:\n  - {name: greet, shell: echo hello}\n"


def a_folder(tmp_path: Path, **files: str) -> Path:
    """Files by name, a dot in the name written as two underscores."""
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return tmp_path


def complaints(folder: Path) -> list[str]:
    broken = load_folder(folder).broken
    return [describe(problem, file.file) for file in broken for problem in file.problems]


def test_yaml_and_json_files_become_jobs_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        b__yml="job: b\nsteps: [{name: x, shell: y}]",
        c__json='{"job": "c", "steps": [{"name": "x", "shell": "y"}]}',
        a__yaml=HELLO + "---\njob: a2\nsteps: [{name: x, shell: y}]\n",
    )
    loaded = load_folder(folder)
    assert loaded.broken == ()
    assert [(source.file, source.line, source.job.name) for source in loaded.jobs] == [
        ("a.yaml", 1, "hello"),
        ("a.yaml", 5, "a2"),
        ("b.yml", 1, "b"),
        ("c.json", 1, "c"),
    ]
    assert loaded.jobs[0].definition == {"job": "hello", "steps": [{"name": "greet", "shell": "echo hello"}]}


def test_python_files_are_listed_and_not_imported(tmp_path: Path) -> None:
    text = "raise SystemExit('imported')"
    loaded = load_folder(a_folder(tmp_path, jobs__py=text))
    assert loaded.python == (PythonFile("jobs.py", hashlib.sha256(text.encode()).hexdigest()),)


def test_other_hidden_and_private_files_are_left_alone(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, __hidden__yaml=":", _private__yaml=":", _tools__py="", notes__txt=":", data__csv=":")
    (folder / "folder.yaml").mkdir()
    assert load_folder(folder) == load_folder(a_folder(tmp_path))
    assert snapshot(folder) == {}


def test_a_problem_names_file_line_place_and_remedy(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, airports__yaml=HELLO.replace("shell:", "shel:") + "titel: x\n")
    assert complaints(folder) == [
        "airports.yaml:3: /steps/0/shel: unknown member; did you mean `shell`?",
        "airports.yaml:3: /steps/0: a step has exactly one of command, shell, python, sql, check, http, job; "
        "this one has none",
        "airports.yaml:4: /titel: unknown member; did you mean `title`?",
    ]


def test_a_problem_in_a_later_document_has_the_line_of_the_file(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, a__yaml=HELLO + "---\n# more\njob: other\nsteps: []\n")
    assert complaints(folder) == ["a.yaml:7: /steps: 1 to 1000 of them"]


def test_a_broken_document_leaves_the_other_jobs_alone(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path, a__yaml="job: [\n---\n" + HELLO, b__yaml="- 1\n", c__yaml="job: c\nsteps: [{name: x, shell: y}]\n"
    )
    loaded = load_folder(folder)
    assert [source.job.name for source in loaded.jobs] == ["hello", "c"]
    assert [(broken.file, broken.job) for broken in loaded.broken] == [("a.yaml", None), ("b.yaml", None)]


def test_a_broken_file_names_its_job_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    [broken] = load_folder(a_folder(tmp_path, a__yaml=HELLO + "titel: x")).broken
    assert broken.job == "hello"


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"job: a\ntitle: \xff", "a.yaml:2: is not UTF-8; save it as UTF-8"),
        (b"#" * (1 << 20) + b"#", "a.yaml: is larger than 1048576 bytes; part it into several files"),
    ],
)
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, raw: bytes, complaint: str) -> None:
    (tmp_path / "a.yaml").write_bytes(raw)
    assert complaints(tmp_path) == [complaint]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + HELLO.encode())
    assert [source.job.name for source in load_folder(tmp_path).jobs] == ["hello"]


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_folder(tmp_path, a__yaml=HELLO, b__py="")
    refuse = PermissionError(13, "Permission denied")

    def deny(*_: object, **__: object) -> None:
        raise refuse

    monkeypatch.setattr(Path, "open", deny)
    assert complaints(folder) == [
        "a.yaml: cannot be read: Permission denied; change its rights, or take it away",
        "b.py: cannot be read: Permission denied; change its rights, or take it away",
    ]


def test_of_two_jobs_with_one_name_neither_is_loaded_and_both_places_are_named(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path, a__yaml="# first\n" + HELLO, b__yaml="title: x\n" + HELLO, c__yaml=HELLO.replace("hello", "bye", 1)
    )
    loaded = load_folder(folder)
    assert [source.job.name for source in loaded.jobs] == ["bye"]
    assert complaints(folder) == [
        "a.yaml:2: /job: job hello is defined in b.yaml:1 too; rename one, or take it out",
        "b.yaml:2: /job: job hello is defined in a.yaml:2 too; rename one, or take it out",
    ]
    assert [broken.job for broken in loaded.broken] == ["hello", "hello"]


def test_the_same_name_in_two_projects_is_two_jobs(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, a__yaml=HELLO, b__yaml=HELLO + "project: other\n")
    assert len(load_folder(folder).jobs) == 2


def test_a_problem_found_later_gets_its_line(tmp_path: Path) -> None:
    [source] = load_folder(a_folder(tmp_path, a__yaml=HELLO + "then:\n  - {job: gone}\n")).jobs
    placed = source.placed(Problem("/then/0/job", "unknown_job", "There is no job gone."))
    assert describe(placed, source.file) == "a.yaml:5: /then/0/job: There is no job gone."


def test_a_folder_that_is_not_there_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no jobs folder"):
        load_folder(tmp_path / "gone")
    assert snapshot(tmp_path / "gone") == {}


def test_on_is_a_member_and_not_a_truth(tmp_path: Path) -> None:
    [source] = load_folder(a_folder(tmp_path, a__yaml=HELLO + "then:\n  - {job: bye, on: ended}\n")).jobs
    assert source.job.then[0].on == "ended"


def test_nothing_has_changed_when_nothing_has(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, a__yaml=HELLO, b__py="")
    assert not changes(snapshot(folder), snapshot(folder))


def test_what_came_changed_and_went_is_told(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, a__yaml=HELLO, b__yaml=HELLO, c__py="", d__yaml="")
    before = snapshot(folder)
    (folder / "a.yaml").write_text(HELLO + "title: x\n")
    (folder / "c.py").unlink()
    os.utime(folder / "d.yaml", ns=(1, 1))
    a_folder(folder, e__yaml=HELLO)
    found = changes(before, snapshot(folder))
    assert found == Changes(added=("e.yaml",), changed=("a.yaml", "d.yaml"), vanished=("c.py",))
    assert found


def test_a_broken_file_has_all_its_problems() -> None:
    broken = BrokenFile("a.yaml", (Problem("", "syntax", "no YAML", 3),))
    assert describe(broken.problems[0], broken.file) == "a.yaml:3: no YAML"
