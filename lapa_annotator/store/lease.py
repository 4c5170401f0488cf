"""Leases: an image is edited by one program at a time.

A lease ends by itself: it is only valid for some seconds, and a thread of its holder renews it
while that lives. A holder on this computer whose process is gone is not waited for.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.database import Database
from lapa_annotator.store.models import ImageRow, LeaseRow
from lapa_annotator.store.values import Holder, LeaseHeldError

VALID_SECONDS = 20.0
RENEW_SECONDS = 5.0

_ROW = select(LeaseRow.__table__).where(LeaseRow.image_id == bindparam("image"))
_log = logging.getLogger(__name__)


class Lease:
    """The right to edit one image, until ``release`` or the end of a ``with`` block."""

    def __init__(self, leases: Leases, image_id: int) -> None:
        """Hold ``image_id``; ``Project.lease`` makes one."""
        self.image_id = image_id
        self._leases = leases

    @property
    def held(self) -> bool:
        """Whether it still is held; not after a release, or a sleep in which another took it."""
        return self._leases.holds(self.image_id)

    def release(self) -> None:
        """Give the image back; a second call does nothing."""
        self._leases.release(self.image_id)

    def __enter__(self) -> Lease:
        """Return the lease itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the image back."""
        self.release()


class Leases:
    """The leases that one open project holds, and the thread that renews them."""

    def __init__(self, database: Database, session: str, annotator: str) -> None:
        """Take leases under the id of ``session``, in the name of ``annotator``."""
        self._database = database
        self._session = session
        self._annotator = annotator
        self._held: set[int] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, image_id: int) -> Lease:
        """Take an image; see ``Project.lease``."""
        with self._database.write() as connection:
            path = connection.scalar(select(ImageRow.path).where(ImageRow.id == image_id))
            if path is None:
                raise InputError(f"image {image_id}", "is not in this project", "choose another")
            self.guard(connection, image_id, path)
            now = time.time()
            connection.execute(delete(LeaseRow).where(LeaseRow.image_id == image_id))
            connection.execute(
                insert(LeaseRow).values(
                    image_id=image_id,
                    session=self._session,
                    annotator=self._annotator,
                    host=socket.gethostname(),
                    process=os.getpid(),
                    since=now,
                    expires=now + VALID_SECONDS,
                )
            )
        self._held.add(image_id)
        if self._thread is None:
            self._thread = threading.Thread(target=self._renew_all, name="leases", daemon=True)
            self._thread.start()
        return Lease(self, image_id)

    def holder(self, image_id: int) -> Holder | None:
        """Return which other program holds an image; see ``Project.lease_holder``."""
        with self._database.read() as connection:
            return self._other(connection, image_id)

    def holds(self, image_id: int) -> bool:
        """Whether this program holds an image."""
        return image_id in self._held

    def guard(self, connection: Connection, image_id: int, name: str) -> None:
        """Raise LeaseHeldError when another program holds an image."""
        other = self._other(connection, image_id)
        if other is not None:
            raise LeaseHeldError(name, other)

    def release(self, image_id: int) -> None:
        """Give an image back."""
        if image_id in self._held:
            self._held.discard(image_id)
            self._delete(image_id)

    def close(self) -> None:
        """Give every image back and end the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        while self._held:
            self._delete(self._held.pop())

    def _delete(self, image_id: int) -> None:
        mine = (LeaseRow.image_id == image_id) & (LeaseRow.session == self._session)
        try:
            with self._database.write() as connection:
                connection.execute(delete(LeaseRow).where(mine))
        except InputError as error:
            # On a full or vanished disk nothing can be given back; the lease ends by itself.
            _log.warning("a lease could not be given back: %s", error)

    def _other(self, connection: Connection, image_id: int) -> Holder | None:
        row = connection.execute(_ROW, {"image": image_id}).one_or_none()
        if row is None or row.session == self._session or not _alive(row):
            return None
        return Holder(row.annotator, row.host, row.process, row.since, row.expires)

    def _renew_all(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            held = sorted(self._held)
            if not held:
                continue
            mine = LeaseRow.image_id.in_(held) & (LeaseRow.session == self._session)
            renewed = update(LeaseRow).where(mine).values(expires=time.time() + VALID_SECONDS)
            try:
                with self._database.write() as connection:
                    kept = connection.scalars(renewed.returning(LeaseRow.image_id)).all()
            except InputError as error:
                _log.warning("leases could not be renewed: %s", error)
                continue
            self._held -= set(held) - set(kept)


def _alive(row: Row[Any]) -> bool:
    return bool(row.expires >= time.time() and process_lives(row.host, row.process))


def process_lives(host: str, process: int) -> bool:
    """Whether a process may still run; True where that cannot be seen from this computer."""
    if host != socket.gethostname() or os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
