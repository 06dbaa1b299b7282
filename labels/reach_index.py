"""What a batch went into, and what went into it, however many: the index kept beside the database.

A file holds all links and label runs up to a mark (`reach_state.Mark`); each process maps it and
reads what was written since. Before every answer the last rows are looked up again: so what was
committed before the question is in the answer, and a file of another database, or from after a
restored backup, is not trusted. Whoever finds the file missing, damaged, foreign or far behind
makes it anew in the background; until then the database is walked for each answer.
"""

import fcntl
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from labels.reach_file import DamagedError, read, write
from labels.reach_reading import (
    MismatchError,
    newest_number,
    read_all,
    read_on_the_way,
    read_since,
)
from labels.reach_state import EMPTY, Reached, State, base_of, state_of

__all__ = ["FAR_BEHIND", "Direction", "Reached", "reached", "rebuild"]

log = structlog.get_logger()
Direction = Literal["forward", "backward"]
FILE = "links.reach"
FAR_BEHIND = 50_000
"""Links and runs that are kept in memory beside the file; with more the file is made anew."""
_REST = 60.0
"""Seconds from one try to make the file anew to the next."""

Identity = tuple[int, int, int] | None


def reached(
    session: Session, folder: Path, starts: Collection[UUID], direction: Direction
) -> Reached:
    """The batches that `starts` went into (forward) or came out of (backward), themselves included.

    With the labels on them. `folder` is `settings.reach`. What `session` has written is in it too.
    """
    return _index_of(folder).reached(session, starts, direction)


def rebuild(engine: Engine, folder: Path, *, wait: bool = True) -> int | None:
    """Make the file anew from the database; how many links it holds.

    None where somebody else is at it and we do not `wait`.
    """
    with _alone_in(folder, wait) as mine:
        if not mine:
            return None
        for left in folder.glob(f"{FILE}.*"):  # by one who was killed
            left.unlink()
        with engine.connect() as connection:
            base = read_all(connection)
        write(folder / FILE, base.mark.told(), base.arrays())
        return len(base.forward.targets)


@contextmanager
def _alone_in(folder: Path, wait: bool) -> Iterator[bool]:
    """Whether we are the one who makes the file; a process that dies leaves the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


class _FarBehindError(Exception):
    """There is too much to read for one answer."""


class _Index:
    """One process's view of the file in `folder` and of what was written since."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._identity: Identity = None
        self._state = EMPTY
        self._wanted = False
        self._tried = -_REST

    def reached(self, session: Session, starts: Collection[UUID], direction: Direction) -> Reached:
        """See the function of this name."""
        connection = session.connection()
        try:
            state = self._now(connection)
        except _FarBehindError:
            self._renew(connection.engine)
            state = state_of(*read_on_the_way(connection, starts, direction))
        else:
            if self._wanted or state.since > FAR_BEHIND:
                self._renew(connection.engine)
        return state.reached(starts, direction)

    def _now(self, connection: Connection) -> State:
        """The state as of now. Raises _FarBehindError.

        Only what is committed is kept for others: what this connection alone can see, its own
        writing, it gets on top; and where it looks back (a snapshot) it gets what is newer too.
        """
        with self._lock:
            state = self._opened()
        if _is_current(connection, state):
            return state
        with connection.engine.connect() as fresh, self._lock:
            state = self._read_up(fresh)
        try:
            return _read_on(connection, state)
        except MismatchError:
            return state

    def _opened(self) -> State:
        """What is held; the file, where it is another than before."""
        identity = _identity(self._path)
        if identity == self._identity:
            return self._state
        self._identity, self._state, self._wanted = identity, EMPTY, False
        try:
            kept = read(self._path)
            base = base_of(kept.facts, kept.arrays)
            self._state = State(base, mark=base.mark)
        except FileNotFoundError:
            pass
        except (OSError, DamagedError, KeyError) as problem:
            log.warning("reach-file-damaged", path=str(self._path), problem=str(problem))
            self._wanted = True
        return self._state

    def _read_up(self, connection: Connection) -> State:
        """What is held, after it has read what is committed."""
        state = self._opened()
        try:
            self._state = _read_on(connection, state)
        except MismatchError as problem:
            log.warning("reach-file-foreign", path=str(self._path), problem=str(problem))
            self._state, self._wanted = EMPTY, self._identity is not None
            self._state = _read_on(connection, EMPTY)
        return self._state

    def _renew(self, engine: Engine) -> None:
        """Let the file be made anew, in the background, by one process at a time."""
        with self._lock:
            if time.monotonic() - self._tried < _REST:
                return
            self._tried = time.monotonic()
        threading.Thread(target=self._make, args=(engine,), name="reach", daemon=True).start()

    def _make(self, engine: Engine) -> None:
        began = time.monotonic()
        try:
            links = rebuild(engine, self._folder, wait=False)
        except Exception:
            log.exception("reach-file-not-made", folder=str(self._folder))
        else:
            log.info("reach-file-made", links=links, seconds=round(time.monotonic() - began, 1))


def _is_current(connection: Connection, state: State) -> bool:
    """Whether the database holds what `state` has read, and nothing more."""
    try:
        return read_since(connection, state.mark, 0) == ([], [])
    except MismatchError:
        return False


def _read_on(connection: Connection, state: State) -> State:
    """`state` and what the connection sees beyond it. Raises _FarBehindError, MismatchError."""
    if newest_number(connection) - state.mark.number > FAR_BEHIND:
        raise _FarBehindError
    links, runs = read_since(connection, state.mark, FAR_BEHIND)
    if max(len(links), len(runs)) > FAR_BEHIND:
        raise _FarBehindError
    return state.plus(links, runs)


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=4)
def _index_of(folder: Path) -> _Index:
    return _Index(folder)
