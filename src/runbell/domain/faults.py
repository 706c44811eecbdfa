"""What a caller may hear: flat, a code and a sentence that says what to do. Never an HTTP number."""

from typing import Final

from runbell.domain.fault import Fault, Problem


class Malformed(Fault):
    """The request cannot be read."""

    code = "malformed"
    title = "The request cannot be read"


class BadCursor(Fault):
    """The cursor is not one of ours, or was given for other filters."""

    code = "bad_cursor"
    title = "The cursor does not fit"


class IdempotencyKeyRequired(Fault):
    """The job wants a key on every start."""

    code = "idempotency_key_required"
    title = "This job needs an Idempotency-Key"


class Unauthenticated(Fault):
    """No credentials."""

    code = "unauthenticated"
    title = "Sign in first"


class InvalidToken(Fault):
    """Credentials that are not good, or not any more."""

    code = "invalid_token"
    title = "These credentials are not valid"


class InsufficientScope(Fault):
    """The caller is known but may not do this. `about["scope"]` names the missing right."""

    code = "insufficient_scope"
    title = "A right is missing"


class NotFound(Fault):
    """There is nothing of that name that the caller may see."""

    code = "not_found"
    title = "Not found"


class MethodNotAllowed(Fault):
    """The path exists, the method does not. `about["allow"]` lists those that do."""

    code = "method_not_allowed"
    title = "Method not allowed"


class NotAcceptable(Fault):
    """No form of the answer fits the Accept header."""

    code = "not_acceptable"
    title = "Not acceptable"


class Gone(Fault):
    """It existed and was deleted."""

    code = "gone"
    title = "Deleted"


class EventsExpired(Fault):
    """The events after that position are not kept any more; `about["oldest_seq"]` is the first that is."""

    code = "events_expired"
    title = "These events are not kept any more"


class KeyTaken(Fault):
    """Another execution of the project holds this key."""

    code = "key_taken"
    title = "The key is taken"


class NotFinished(Fault):
    """Only what has ended can be deleted or restarted."""

    code = "not_finished"
    title = "Not finished yet"


class NotRestartable(Fault):
    """It ended in a way, or belongs to a job, that has no restart."""

    code = "not_restartable"
    title = "Cannot be restarted"


class JobDisabled(Fault):
    """The job is switched off."""

    code = "job_disabled"
    title = "The job is disabled"


class JobScheduled(Fault):
    """The job runs on its schedule only."""

    code = "job_scheduled"
    title = "The job runs on a schedule"

    @classmethod
    def of(cls, job: str) -> "JobScheduled":
        """The refusal of a start by hand."""
        return cls(f"Job {job} runs on its schedule only; write `starts: both` in its definition to start it here too.")


class JobPaused(Fault):
    """The job is paused, and refuses starts meanwhile."""

    code = "job_paused"
    title = "The job is paused"


class InUse(Fault):
    """Something still hangs on it."""

    code = "in_use"
    title = "Still in use"


class AlreadyRunning(Fault):
    """The job refuses a start while another execution of it is alive."""

    code = "already_running"
    title = "Already running"


class IdempotencyInProgress(Fault):
    """The first request with this key has not been settled yet."""

    code = "idempotency_in_progress"
    title = "The same request is still being processed"


class IdempotencyKeyReused(Fault):
    """The key was used for another request; `problems` name the members that differ."""

    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"

    @classmethod
    def of(cls, execution: str, first: dict[str, str], now: dict[str, str]) -> "IdempotencyKeyReused":
        """The refusal that names the members whose digests differ (by JSON pointer), never their values."""
        problems = tuple(
            Problem(place, "differs", "Not what was sent first under this key.")
            for place in sorted(first.keys() | now.keys())
            if first.get(place) != now.get(place)
        )
        said = "This Idempotency-Key was used for another request; send a new key, or the first body again."
        return cls(said, problems=problems, execution=execution)


class RevisionMismatch(Fault):
    """It was changed since the caller looked."""

    code = "revision_mismatch"
    title = "Changed since you looked"


class PreconditionRequired(Fault):
    """This write needs an If-Match."""

    code = "precondition_required"
    title = "If-Match is required"


class BodyTooLarge(Fault):
    """The body is over the limit."""

    code = "body_too_large"
    title = "The body is too large"


class UnsupportedMediaType(Fault):
    """A body of this type, or compressed, is not taken here."""

    code = "unsupported_media_type"
    title = "Unsupported media type"


class BadRange(Fault):
    """The Range header asks for more than one range, or for bytes that are not there."""

    code = "bad_range"
    title = "The range cannot be served"


class HeaderTooLarge(Fault):
    """The request line or the headers are over the limit."""

    code = "header_too_large"
    title = "The headers are too large"


class InvalidParams(Fault):
    """One or more parameters break their rules; one problem each."""

    code = "invalid_params"
    title = "The parameters are not valid"


class InvalidDefinition(Fault):
    """The job cannot be run as written; one problem each."""

    code = "invalid_definition"
    title = "The job definition is not valid"


class UnknownField(Fault):
    """The body has members that nobody knows."""

    code = "unknown_field"
    title = "Unknown member"


class InvalidField(Fault):
    """A member of the body, or a query value, has the wrong type or is out of bounds."""

    code = "invalid_field"
    title = "A member is not valid"

    @classmethod
    def at(cls, pointer: str, code: str, said: str) -> "InvalidField":
        """The refusal of one member."""
        return cls(said, problems=(Problem(pointer, code, said),))


class QuotaExceeded(Fault):
    """Too many requests, or too many failed log-ins, in too little time; `retry_after_s` says when to go on."""

    code = "quota_exceeded"
    title = "Too many requests"


class Unavailable(Fault):
    """The service cannot take this now; nothing was stored, unless `about["unsettled"]`: then nobody can tell."""

    code = "unavailable"
    title = "Not available now"


class QueueFull(Fault):
    """The queue has reached its limit; nothing was stored."""

    code = "queue_full"
    title = "The queue is full"


class StorageFull(Fault):
    """The disk is full; nothing was stored."""

    code = "storage_full"
    title = "The disk is full"


class Internal(Fault):
    """A defect of ours."""

    code = "internal"
    title = "Something went wrong here"


_HERE: Final = (fault for fault in Fault.__subclasses__() if fault.__module__ == __name__)  # whatever came in before
FAULTS: Final = tuple(sorted(_HERE, key=lambda fault: fault.code))
