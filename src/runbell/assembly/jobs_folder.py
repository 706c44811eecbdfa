"""The jobs folder joined to the table: files are read, Python ones in a hand, and each job is put where it changed."""

import asyncio
import logging
from pathlib import Path
from typing import Any, Final

from runbell.domain.definition import read_job
from runbell.domain.fault import Fault, Problem
from runbell.domain.faults import InvalidDefinition
from runbell.domain.identity import DEFAULT_PROJECT, Actor
from runbell.domain.job import Job
from runbell.jobfiles import JobSource, PythonFile, changes, describe, load_folder, snapshot
from runbell.operations import define_job, projects
from runbell.operations.ports import Ports
from runbell.ports.runner import Runner

EVERY_S: Final = 1.0
Together = dict[tuple[str, str], Job]
"""The jobs of one load, by project and name."""
log = logging.getLogger("runbell.jobs")


class FolderLoader:
    """Loads one folder of job files. A broken file is reported and leaves the others running."""

    def __init__(self, ports: Ports, runner: Runner, folder: Path) -> None:
        self._ports = ports
        self._runner = runner
        self._folder = folder.resolve()

    async def load(self) -> list[str]:
        """Apply what has changed since it was last loaded; answers the problems, one line for people each."""
        found = await asyncio.to_thread(load_folder, self._folder, self._ports.vocabulary)
        complaints = [describe(problem, broken.file) for broken in found.broken for problem in broken.problems]
        together: Together = {(source.job.project, source.job.name): source.job for source in found.jobs}
        discovered = await asyncio.gather(*(self._discover(file, complaints) for file in found.python))
        for file, definitions in discovered:
            for definition in definitions:
                self._adopt(file, definition, together, complaints)
        for project in sorted({project for project, _ in together}):
            await projects.ensure(self._ports, _loader(project), project)
        yaml = (self._put(source.definition, "file", together, source) for source in found.jobs)
        python = (
            self._put(definition, "python", together, file)
            for file, definitions in discovered
            for definition in definitions
            if _address(definition) in together
        )
        for problems in await asyncio.gather(*yaml, *python):
            complaints += problems
        for complaint in complaints:
            log.error("job_file", extra={"problem": complaint})
        return complaints

    async def watch(self) -> None:
        """Load again whenever a file came or changed. A vanished file retires nothing."""
        seen = await asyncio.to_thread(snapshot, self._folder)
        while True:
            await asyncio.sleep(EVERY_S)
            now = await asyncio.to_thread(snapshot, self._folder)
            if changes(seen, now):
                seen = now
                await self.load()

    async def _discover(self, file: PythonFile, complaints: list[str]) -> tuple[PythonFile, list[dict[str, Any]]]:
        try:
            return file, await self._runner.discover(str(self._folder), file.file)
        except ValueError as error:
            complaints.append(f"{file.file}: {error}")
            return file, []

    def _adopt(self, file: PythonFile, definition: dict[str, Any], together: Together, complaints: list[str]) -> None:
        address = _address(definition)
        if address in together:
            complaints.append(f"{file.file}: job {address[1]} is defined in another file too; rename one of them.")
            return
        try:
            together[address] = read_job(definition, trusted_python=True, vocabulary=self._ports.vocabulary)
        except InvalidDefinition as fault:
            complaints.extend(describe(problem, file.file) for problem in fault.problems)

    async def _put(
        self, definition: dict[str, Any], source: str, together: Together, file: JobSource | PythonFile
    ) -> list[str]:
        project, name = _address(definition)
        neighbours = {other: job for (where, other), job in together.items() if where == project}
        try:
            put = await define_job.put(
                self._ports, _loader(project), name, definition, source=source, folder=str(self._folder),
                together=neighbours,
            )  # fmt: skip
        except Fault as fault:
            problems = fault.problems or (Problem("", fault.code, fault.detail),)
            placed = file.placed if isinstance(file, JobSource) else lambda problem: problem
            return [describe(placed(problem), file.file) for problem in problems]
        if put.changed:
            log.info("job_loaded", extra={"job": name, "version": put.job.version, "file": file.file})
            for doubt in await define_job.doubts(self._ports, project, definition):
                log.warning("job_doubtful", extra={"job": name, "why": doubt, "file": file.file})
        return []


def _address(definition: dict[str, Any]) -> tuple[str, str]:
    """The project and the name of a definition that was read without a complaint."""
    return definition.get("project", DEFAULT_PROJECT), definition["job"]


def _loader(project: str) -> Actor:
    """Who loads files into a project."""
    return Actor("file", project, frozenset({"jobs:write"}))
