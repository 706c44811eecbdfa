"""The jobs of the model: each brings one kind of trouble."""

from typing import Any, Final


def _step(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "command": ["true"], **members}


JOBS: Final[dict[str, dict[str, Any]]] = {
    "one": {"steps": [_step("a")]},
    "chain": {
        "steps": [
            _step("a", on_lost="rerun"),
            _step("b", on_lost="skip", retry={"attempts": 2, "delay": "1s"}),
            _step("c", needs=["a"]),
        ]
    },
    "queues": {"steps": [_step("a")], "limits": {"running": 1, "when_full": "queue", "start_by": "1m"}},
    "rejects": {"steps": [_step("a")], "limits": {"running": 1, "when_full": "reject"}},
    "gives-way": {"steps": [_step("a", on_lost="rerun")], "limits": {"running": 1, "when_full": "stop_running"}},
    "hurries": {"steps": [_step("a", timeout="5s"), _step("b", retry={"attempts": 3})], "limits": {"timeout": "20s"}},
    "stubborn": {"steps": [_step("a", on_lost="rerun")]},
    "rings": {
        "steps": [_step("a")],
        "then": [
            {"job": "one", "on": "succeeded"},
            {"job": "queues", "on": "ended"},
            {"job": "stubborn", "on": "failed"},
        ],
    },
}
LIMITS: Final = {"queues": 1, "rejects": 1, "gives-way": 1}
