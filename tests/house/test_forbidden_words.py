"""What must not stand in the source: ways to run text as code, deferred transactions, statuses written by hand."""

import ast
import re
from collections.abc import Iterator

from .sources import PACKAGE, modules, tree, where

LIFECYCLE = PACKAGE / "domain" / "lifecycle.py"
BIRTHS = {"QUEUED", "SCHEDULED"}
DEFERRED = re.compile(r"(?im)(?:^|;)\s*begin\s*(?:;|$|deferred|exclusive|concurrent|transaction)")
OF_JOBS = ("src/runbell/runners/kinds/engines/", "src/runbell/domain/sql_text.py")  # the databases of jobs, not ours
TRIGGER = re.compile(r"(?is)\bcreate\s+(?:temp\s+)?trigger\b.*?\bend\b")
ASSIGNED = re.compile(r"(?is)\bupdate\b[^;]*?\bset\b([^;]*?)(?:\bwhere\b|;|$)")


def test_nothing_runs_text_as_code_or_unpickles() -> None:
    found = [
        f"{where(path, node)}: {word}" for path in modules() for node in ast.walk(tree(path)) for word in risky(node)
    ]
    assert found == []


def risky(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        yield from {"pickle", "marshal", "shelve", "dill"} & {name.partition(".")[0] for name in named}
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        yield from {"eval", "exec", "yaml.load", "yaml.unsafe_load", "os.system", "os.popen"} & {called}
        for keyword in node.keywords:
            if keyword.arg == "shell" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            ):
                yield "shell="


def test_every_transaction_begins_immediate() -> None:
    """A deferred BEGIN that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout."""
    found = [place for place, text in texts() if DEFERRED.search(TRIGGER.sub("", text))]
    assert [place for place in found if not place.startswith(OF_JOBS)] == []


def test_a_status_is_written_by_the_lifecycle_and_by_birth_alone() -> None:
    found = [
        f"{where(path, node)}: {status}"
        for path in modules()
        if path != LIFECYCLE
        for node in ast.walk(tree(path))
        for status in statuses_written(node)
        if status not in BIRTHS
    ]
    assert found == []


def statuses_written(node: ast.AST) -> Iterator[str]:
    """The members of Status that a call hands over as `status=…`."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg == "status":
            for part in ast.walk(keyword.value):
                if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "Status":
                    yield part.attr


def test_no_sql_sets_a_status_to_a_word_of_its_own() -> None:
    written = [
        place
        for place, text in texts()
        if any(re.search(r"(?i)\bstatus\s*=\s*'", assigned) for assigned in ASSIGNED.findall(text))
    ]
    assert written == []


def texts() -> Iterator[tuple[str, str]]:
    """Every string of the source and every SQL file, with where it stands."""
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield where(path, node), node.value
    for path in PACKAGE.rglob("*.sql"):
        yield where(path, ast.Module()), path.read_text()
