"""Both ends of a store: the connection that reads here, and the line to the writer."""

import apsw

from runbell.domain.faults import Unavailable
from runbell.stores.sqlite.link import Link


class Ends:
    """What every part of the store works with."""

    def __init__(self, reader: apsw.Connection, link: Link) -> None:
        self._reader = reader
        self._link = link

    @property
    def _db(self) -> apsw.Connection:
        if self._link.broken is not None:
            raise Unavailable(self._link.broken)
        return self._reader
