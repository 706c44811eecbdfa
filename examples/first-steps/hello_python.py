"""A job in Python: the function is the job, its signature the parameters, each @step call a step of its own."""

from runbell import job, step


@job(title="Greet from Python")
def hello_python(name: str = "world", times: int = 3) -> dict[str, int]:
    for _ in range(times):
        greet(name)
    return {"greeted": times}


@step(retry=2)
def greet(name: str) -> None:
    print(f"Hello, {name}!")
