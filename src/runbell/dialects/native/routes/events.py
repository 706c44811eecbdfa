"""The routes that tell what happens: the feed of all events, and the stream of one execution."""

from runbell.dialects.native import events, feed
from runbell.dialects.native.event_shapes import FeedPage
from runbell.dialects.native.routes.said import ABSENT, API, COUNT, EXECUTION, FLAG, PREFER, TEXT, WAIT
from runbell.domain import faults as f
from runbell.domain.event import EVENT_TYPES
from runbell.http.event_stream import SSE
from runbell.http.route import JSON, Header, Query, Reply, Route

_POSITION = {"oneOf": [COUNT, {"const": "latest"}]}


def of_events() -> list[Route]:
    wanted = (
        Query("after", _POSITION, "Events after this `seq`; absent all that are kept, `latest` only those to come."),
        Query("types", TEXT, f"One or more of {', '.join(EVENT_TYPES)}, separated by commas."),
        Query("job", TEXT, "Events of this job's executions."),
        Query("limit", COUNT, "Events per page; 0 or absent 50, at most 1,000."),
        WAIT,
    )
    last_seen = Header("Last-Event-ID", "Where the event stream goes on; wins over `after`.")
    accept = Header("Accept", "application/json or text/event-stream.")
    return [
        Route(method="GET", path=f"{API}/events", endpoint=feed.read, name="list_events", scope="executions:read",
              query=wanted, headers=(accept, last_seen, PREFER), summary="Every change of every execution, in order",
              faults=(f.EventsExpired, f.NotAcceptable),
              replies={200: Reply("One page, or the stream: `event` is the type, `id` the `seq`, `data` an event.",
                                  {JSON: FeedPage, SSE: str}, ("Preference-Applied",))}),
        Route(method="GET", path=f"{EXECUTION}/events", endpoint=events.stream, name="stream_execution",
              scope="executions:read", headers=(last_seen,),
              query=(Query("after", TEXT, "The `id` of the last event that was seen."),
                     Query("log", FLAG, "`false` leaves the lines of the log out.", blank=True)),
              summary="Status, steps, progress and log of one execution, stored first, then live",
              faults=(*ABSENT, f.NotAcceptable),
              replies={200: Reply("The events status, step, progress, log, result and end.", {SSE: str}),
                       204: Reply("It was told to its end.")}),
    ]  # fmt: skip
