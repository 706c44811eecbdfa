"""A file that goes out for somebody to keep: named (RFC 6266, RFC 8187), never shown by a browser, never cached."""

from typing import Final
from urllib.parse import quote

from runbell.http.answer import Headers, header

_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$&'()+,-.;=@[]^_`{}~")


def attachment(name: str, media: str) -> Headers:
    """The headers of a file of that name and type; folders in the name are left out."""
    own = name.replace("\\", "/").rpartition("/")[2] or "file"
    plain = "".join(sign if sign in _PLAIN else "_" for sign in own)
    said = f'attachment; filename="{plain}"'
    if plain != own:
        said += f"; filename*=UTF-8''{quote(own, safe='')}"
    return [
        header("content-type", media),
        header("content-disposition", said),
        header("x-content-type-options", "nosniff"),
        header("cache-control", "no-store"),
    ]
