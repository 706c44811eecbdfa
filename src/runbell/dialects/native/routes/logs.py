"""The routes of logs."""

from runbell.dialects.native import logs
from runbell.dialects.native.routes.said import ABSENT, COUNT, EXECUTION, FLAG, TEXT
from runbell.dialects.native.shapes import LogLineShape
from runbell.domain import faults as f
from runbell.http.event_stream import SSE
from runbell.http.route import Header, Query, Reply, Route


def of_logs() -> list[Route]:
    wanted = (
        Query("after_line", COUNT, "Lines after this number."), Query("before_line", COUNT, "Lines before it."),
        Query("tail", COUNT, "Only the last lines."), Query("q", TEXT, "Lines that hold this text."),
        Query("step", TEXT, "Lines of this step."),
        Query("stream", {"enum": ["out", "err", "sys"]}, "Lines of this stream."),
        Query("limit", COUNT, "At most so many lines; 0 or absent 1,000, at most 10,000."),
        Query("follow", FLAG, "Go on with the lines still to come, until it has ended.", blank=True),
    )  # fmt: skip
    content = {logs.TEXT: str, logs.NDJSON: LogLineShape, SSE: str}
    accept = Header("Accept", "text/plain, application/x-ndjson or text/event-stream.")
    last_seen = Header("Last-Event-ID", "Where the event stream goes on.")
    told = ("Link", "Log-Lines-Found", "Log-Truncated")
    part = Reply("One range of it.", {logs.TEXT: str}, ("Content-Range",))
    return [
        Route(method="GET", path=f"{EXECUTION}/logs", endpoint=logs.lines, name="get_log", scope="logs:read",
              query=wanted, headers=(accept, last_seen),
              summary="Lines of the log, while it runs and after", faults=(*ABSENT, f.NotAcceptable),
              replies={200: Reply("The lines.", content, told), 204: Reply("The event stream has ended.")}),
        Route(method="GET", path=f"{EXECUTION}/logs/raw", endpoint=logs.raw, name="get_raw_log", scope="logs:read",
              headers=(Header("Range", "One range of bytes."), Header("If-Range", "With it the whole is sent.")),
              summary="The stored log as a file", faults=(*ABSENT, f.BadRange),
              replies={200: Reply("The file.", {logs.TEXT: str}), 206: part}),
    ]  # fmt: skip
