"""Engines and transactions: what SQLite must be told, and how a writer begins.

SQLite's driver is kept from opening transactions by itself; BEGIN is sent by our own listener,
IMMEDIATE for writers, so that looking and then writing happens under the write lock (promise 2).
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from core.errors import Busy
from core.words import Words

WRITER = "biaoyuan_writer"
LONGEST_WAIT = 20.0
_STUCK = Words(
    "同时写入的人太多，什么都没有保存，请过几秒再试。",
    "Too many are writing at once; nothing was stored. Please try again in a few seconds.",
)
_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=20000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-16000",  # kilobytes: a walk through many links reads each page once
)

db = SQLAlchemy(session_options={"autoflush": True, "expire_on_commit": False})


def install_database(app: Flask) -> None:
    """Give `app` its engine and its session.

    The library also closes asynchronous sessions after each request, of which there are none: that
    would start an event loop every time.
    """
    db.init_app(app)
    app.teardown_appcontext_funcs[:] = [
        closer for closer in app.teardown_appcontext_funcs if not iscoroutinefunction(closer)
    ]
    with app.app_context():
        prepare_engine(db.engine)


def prepare_engine(engine: Engine) -> None:
    """Teach `engine` our manners; needed once for each engine that is made."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writer = connection.get_execution_options().get(WRITER, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


@contextmanager
def write_transaction(session: Session) -> Iterator[Session]:
    """All or nothing: begins as a writer, commits at the end, rolls back on any error.

    What `session` had read before is forgotten, so that the writer looks afresh under its lock.
    """
    session.rollback()
    with _in_line(session.get_bind()):
        session.connection(execution_options={WRITER: True})
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def _in_line(bind: Engine | Connection) -> Iterator[None]:
    """Wait for one's turn to write. SQLite's own waiting is unfair: a writer can starve for long.

    The line is a lock on a file beside the database; a process that dies leaves it. Raises Busy
    after LONGEST_WAIT.
    """
    database = bind.engine.url.database
    if bind.dialect.name != "sqlite" or not database or database == ":memory:":
        yield
        return
    with open(f"{database}-line", "wb") as line:
        _take_turn(line.fileno())
        yield


def _take_turn(line: int) -> None:
    until = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise Busy("busy", _STUCK) from None
            time.sleep(0.001)
