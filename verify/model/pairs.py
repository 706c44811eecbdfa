"""Which rules can meet an execution in which status: what the model has to cover."""

STATUSES = ("scheduled", "queued", "running", "stopping", "succeeded", "failed", "stopped", "discarded", "lost")
LIVE = ("running", "stopping")
RULES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("get", "stop", "kill", "delete", "restart", "rerun", "same_key", "crash", "tick"), STATUSES),
    **dict.fromkeys(("succeeds", "hand_lost", "fails", "times_out"), LIVE),
    "process_goes": ("stopping", "running"),
    "try_later": ("running",),
    "late_write": ("queued", "running", "stopping", "succeeded", "failed", "stopped", "lost"),
}
PAIRS = {(status, name) for name, statuses in RULES.items() for status in statuses}
