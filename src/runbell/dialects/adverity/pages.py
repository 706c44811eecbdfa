"""Pages with numbers: a count, and whole addresses of the next and the previous page."""

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from runbell.dialects.adverity.asking import numbers
from runbell.dialects.adverity.faults import InvalidPage
from runbell.dialects.adverity.shapes import PageShape
from runbell.http.answer import Answer, json_answer
from runbell.http.request import Request

T = TypeVar("T")


def check(page: int) -> None:
    """Raise InvalidPage for the page 0, which stands for none."""
    if page == 0:
        raise InvalidPage("Invalid page.")


def answer(request: Request, items: Sequence[Any], page: int, total: int) -> Answer:
    """The page of that number, of a list of `total`."""
    size = numbers(request.query).size
    return json_answer(
        PageShape(
            count=total,
            next=_address(request, page + 1) if page * size < total else None,
            previous=_address(request, page - 1) if page > 1 else None,
            results=list(items),
        )
    )


def cut(request: Request, items: Sequence[T]) -> tuple[Sequence[T], int]:
    """The page that is asked for out of a whole list, and its number. Raises InvalidPage."""
    wanted = numbers(request.query)
    last = max(1, -(-len(items) // wanted.size))
    page = wanted.page or last
    check(page if page <= last else 0)
    return items[(page - 1) * wanted.size : page * wanted.size], page


def _address(request: Request, page: int) -> str:
    """This request's address with another page."""
    query = {**request.query, "page": str(page)}
    return f"{request.base}{quote(request.scope['path'])}?{urlencode(query)}"
