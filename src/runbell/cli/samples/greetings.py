"""A job in Python. Run it with:  runbell run greetings -p names='["Ada", "Grace"]'"""

from typing import Any

from runbell import Context, job, step


@job(title="Greet several people", timeout="5m")
def greetings(ctx: Context, names: list[Any] = ["Ada", "Grace"]) -> dict[str, int]:  # noqa: B006 - read only
    """The signature declares the parameters; what is returned is the result."""
    for place, name in enumerate(names, start=1):
        greet(str(name))
        ctx.progress(place, len(names), f"greeted {name}")
    return {"greeted": len(names)}


@step(retry=2)
def greet(name: str) -> None:
    """Each call is a step of its own: a restart does not run finished ones again."""
    print(f"Hello, {name}!")
