"""The answers that the vendor's page shows (Data API 17.4, Jobs), and how an answer of ours is held against them."""

import json
import re
from typing import Any

STARTED = """{
   "_v" : "17.4",
   "_type" : "job_execution",
   "_resource_state" : "485715bae6023b28b849273a517f1f538d3c6290c70018e9afcaac767b9f513f",
   "client_id" : "af7f5c90-ffc1-4ea4-9613-f5b375b7dc19",
   "duration" : 0,
   "execution_status" : "running",
   "id" : "40605",
   "is_log_file_existing" : false,
   "is_restart" : false,
   "job_id" : "CustomerImportJob",
   "log_file_name" : "Job-JobExecutionTestJob1-20160520120033101.log",
   "modification_time" : "2016-05-20T12:00:33.117Z",
   "start_time" : "2016-05-20T12:00:33.117Z",
   "status" : "RUNNING"
}"""
PIPELINE = "A step that executes a pipeline that can be configured via a parameter"
FUNCTION = "A step that executes a script module function that can be configured via a parameter"
START_END = "TestScheduleJobProcessPipeline-StartEnd"
RETURNS = "testScriptModuleStep.ds#testReturnStatusOkWithCodeAndMessage"
INNER = "JobExecutionTestJob2"


def _step(number: str, scope: str, step: str, about: tuple[str, str, str], code: str = "OK", message: str = "",
          **more: str) -> dict[str, Any]:  # fmt: skip
    description, kind, info = about
    return {
        "_type": "job_step_execution", "duration": 16, "end_time": "2016-05-20T11:54:46.075Z",
        "execution_scope": scope, "execution_status": "finished",
        "exit_status": {"_type": "status", "code": code, "message": message, "status": "ok"},
        "id": number, **more, "modification_time": "2016-05-20T11:54:46.075Z",
        "start_time": "2016-05-20T11:54:46.059Z", "status": code, "step_description": description, "step_id": step,
        "step_type_id": kind, "step_type_info": info,
    }  # fmt: skip


_FIRST = (PIPELINE, "ExecutePipeline", START_END)
_SAID = ("SUCCESS", "Step was successful!")
_LAST = ("", "ExecuteScriptModule", RETURNS)
FINISHED: dict[str, Any] = {
    "_v": "17.4",
    "_type": "job_execution",
    "_resource_state": "ac83c2e1ff3129ed6579c5fa95f746047d7db6867dd26da78dc89d23083127a3",
    "client_id": "af7f5c90-ffc1-4ea4-9613-f5b375b7dc19",
    "duration": 185,
    "end_time": "2016-05-20T11:54:46.220Z",
    "execution_scopes": ["SiteGenesis-DE", "SiteGenesis"],
    "execution_status": "finished",
    "exit_status": {"_type": "status", "code": "OK", "status": "ok"},
    "id": "90",
    "is_log_file_existing": True,
    "is_restart": False,
    "job_id": "CustomerImportJob",
    "log_file_name": "Job-JobExecutionTestJob1-20160520115446018.log",
    "modification_time": "2016-05-20T11:54:46.224Z",
    "start_time": "2016-05-20T11:54:46.035Z",
    "status": "OK",
    "step_executions": [
        _step("41265", "Organization", "Step1", _FIRST),
        _step("41266", "Organization", "Step2", (FUNCTION, "ExecuteScriptModule", "testScriptModuleStep.ds#execute")),
        _step("41267", "SiteGenesis-DE", "Step3 - Step1", _FIRST, include_steps_from_job_id=INNER),
        _step("41268", "SiteGenesis-DE", "Step3 - Step2", _LAST, *_SAID, include_steps_from_job_id=INNER),
        _step("41269", "SiteGenesis", "Step3 - Step1", _FIRST, include_steps_from_job_id=INNER),
        _step("41270", "SiteGenesis", "Step3 - Step2", _LAST, *_SAID, include_steps_from_job_id=INNER),
    ],
}
"""The sample of a GET, written shorter. Its scopes are those of the steps: the sample names a third one."""
PLACEHOLDERS = {
    "_resource_state": r"[0-9a-f]{64}",
    "client_id": r".+",
    "end_time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "modification_time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "start_time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "id": r"[1-9][0-9]*",
    "log_file_name": r"Job-CustomerImportJob-\d{17}\.log",
}
OURS = {"log_file_path"}
"""Members that the sample has not, and later documents have."""


def check(answer: Any, sample: Any, name: str = "") -> None:
    """Fail where an answer differs from a sample in more than the values of its placeholders."""
    if isinstance(sample, dict):
        members = [member for member in answer if member not in OURS]
        assert members == list(sample), (name, members)
        for member in members:
            check(answer[member], sample[member], member)
    elif isinstance(sample, list):
        assert len(answer) == len(sample), (name, answer)
        for one, other in zip(answer, sample, strict=True):
            check(one, other, name)
    elif name in PLACEHOLDERS:
        assert re.fullmatch(PLACEHOLDERS[name], answer), (name, answer)
    elif name == "duration":
        assert type(answer) is int and answer >= 0
    else:
        assert (answer, type(answer)) == (sample, type(sample)), name


def started() -> dict[str, Any]:
    """The sample of a start."""
    found: dict[str, Any] = json.loads(STARTED)
    return found
