"""What each code means and what to do about it: the page that a problem's `type` leads to."""

from typing import Final

MEANINGS: Final = {
    "malformed": "The request cannot be read: its JSON, its path, its query or a header. `detail` says where; mend "
    "that.",
    "bad_cursor": "The cursor is not one of ours, or was given for other filters. Send the same filters as with the "
    "page it came from, or begin again without a cursor.",
    "idempotency_key_required": "The job takes a start only with a key. Send the header Idempotency-Key, or a `key`.",
    "unauthenticated": "There were no credentials. Send `Authorization: Bearer` with a token or an API key.",
    "invalid_token": "The credentials are not good, or not any more. Get a new token from /oauth/token, or ask for a "
    "new key.",
    "insufficient_scope": "The credentials are good, but a right is missing: the header WWW-Authenticate names it in "
    "`scope`. Ask whoever administers the project for it; GET /api/v1/whoami lists those you have.",
    "not_found": "There is nothing of that name that you may see. Check the name and the project; lists show what "
    "there is.",
    "method_not_allowed": "The path exists, the method does not. The header Allow lists those that do.",
    "not_acceptable": "No form of the answer fits the header Accept. `detail` names the forms there are.",
    "gone": "It was there and was deleted, by somebody or by retention. It does not come back; look in the list for "
    "another.",
    "events_expired": "Events between your position and the oldest that is kept are gone. Read the list of executions "
    "to see how things stand, then go on from the feed's `oldest_seq`.",
    "key_taken": "Another execution of the project holds this key; `execution` links it. Choose another key, or say "
    "with `key_policy` what a taken one means.",
    "not_finished": "Only what has ended can be deleted, restarted or rerun. Wait for its end, or stop it first.",
    "not_restartable": "It ended in a way that needs no restart, its job forbids restarts, or what it left is gone. "
    "Rerun it.",
    "job_disabled": "The job is switched off. Set `enabled: true` in its definition.",
    "job_scheduled": "The job runs on its schedule only. Write `starts: both` in its definition to start it over the "
    "API too.",
    "in_use": "Something still hangs on it. `detail` says what; remove that first.",
    "already_running": "The job refuses a start while another execution of it is alive; `execution` links that one. "
    "Send the same request again when it has ended.",
    "job_paused": "The job is paused, and refuses starts meanwhile. Send the same request again when it is resumed.",
    "idempotency_in_progress": "The first request with this key has not been settled yet. Send the same again in a "
    "moment.",
    "revision_mismatch": "It is not as you saw it, or it is there (or not) against your condition. Read it again, then "
    "send the change with the new ETag.",
    "body_too_large": "The body is over the limit. Hand large data in as a file (POST /api/v1/files).",
    "unsupported_media_type": "A body of this type, or a compressed one, is not taken here. `detail` says which is.",
    "bad_range": "The header Range asks for more than one range, or for bytes that are not there. Content-Range has "
    "the size.",
    "invalid_params": "One or more parameters break the rules of the job. `errors` has one entry for each.",
    "invalid_definition": "The job cannot be run as it is written. `errors` has one entry for each thing that is "
    "wrong.",
    "unknown_field": "The body has members that nobody knows. Leave them out, or send `Prefer: handling=lenient`.",
    "invalid_field": "A member of the body, or a query parameter, has the wrong type or is out of bounds. `errors` "
    "says which.",
    "idempotency_key_reused": "The key was used for another request; `errors` point at the members that differ, "
    "`execution` links what the first one made. Use a new key for a new request.",
    "precondition_required": "This change needs the header If-Match with the ETag that you read, or `*`.",
    "header_too_large": "The request line or the headers are over the limit. Send fewer, or shorter ones.",
    "quota_exceeded": "Too many requests, or too many failed log-ins, in too little time. Wait as long as Retry-After "
    "says.",
    "internal": "A defect of ours; the server's log has it under the request's id. What was sent without an "
    "Idempotency-Key may have been done: look before you send it again.",
    "unavailable": "The server cannot take this now. Nothing was stored, unless `resubmit` is check_first: then look "
    "first.",
    "queue_full": "The queue has reached its limit; nothing was stored. Send the same again after Retry-After.",
    "storage_full": "The disk is full; nothing was stored. Tell whoever runs the server.",
}
