"""The two engines that the suite runs on: SQLite files, and a PostgreSQL that we start ourselves.

TEST_POSTGRES_URL names a server to use instead. With neither, the PostgreSQL half is skipped and
said loudly; with CI=true that is a failure.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


@cache
def postgres_binaries() -> Path | None:
    """The folder with initdb and postgres, newest version first; None where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
        reverse=True,
    )
    if found:
        return found[0].parent
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here else None


def _unprivileged() -> str | None:
    """The user that runs the server when we are root: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class OwnPostgres:
    """A PostgreSQL server of our own on a free port of loopback, gone when the process ends."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="biaoyuan-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.user = _unprivileged()
        self.port = _free_port()
        data = self.folder / "data"
        data.mkdir()
        if self.user:
            shutil.chown(data, self.user)
        self._run("initdb", "-D", str(data), "-U", "owner", "-A", "trust", "-E", "UTF8", "-N")
        self.log = (self.folder / "log").open("wb")
        self.server = subprocess.Popen(
            self._as_user(
                str(binaries / "postgres"), "-D", str(data), "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}",
                "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
            ),
            stdout=subprocess.DEVNULL,
            stderr=self.log,
        )  # fmt: skip
        self.url = f"postgresql+psycopg://owner@127.0.0.1:{self.port}/postgres"
        self._wait()

    def _as_user(self, *words: str) -> list[str]:
        if self.user is None:
            return list(words)
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *words]

    def _run(self, program: str, *words: str) -> None:
        command = self._as_user(str(self.binaries / program), *words)
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def _wait(self) -> None:
        engine = create_engine(self.url)
        until = time.monotonic() + 30
        while True:
            try:
                with engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
                break
            except Exception:
                if time.monotonic() > until or self.server.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.1)
        engine.dispose()

    def stop(self) -> None:
        """Stop the server and remove its files.

        At once (fast shutdown): a test that broke off may still hold a connection.
        """
        self.server.send_signal(signal.SIGINT)
        self.server.wait(20)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


STARTED: list[OwnPostgres] = []


@cache
def postgres_url() -> str | None:
    """The address of a database server for tests; started on first use."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        return given.replace("postgresql://", "postgresql+psycopg://")
    binaries = postgres_binaries()
    if binaries is None:
        return None
    STARTED.append(OwnPostgres(binaries))
    return STARTED[0].url


def postgres_here() -> bool:
    """Whether the PostgreSQL half of the suite can run; starts nothing."""
    return bool(os.environ.get("TEST_POSTGRES_URL")) or postgres_binaries() is not None


def stop_postgres() -> None:
    """Stop the server that this process started, if it did."""
    while STARTED:
        STARTED.pop().stop()


def _administer(*statements: str) -> None:
    server = postgres_url()
    assert server is not None
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


SERVICE = "biaoyuan_service"


def served(owner_url: str) -> str:
    """The address of a database for the role that serves: it owns nothing there."""
    if not owner_url.startswith("postgresql"):
        return owner_url
    return make_url(owner_url).set(username=SERVICE, password=SERVICE).render_as_string(False)


def make_service_role() -> None:
    """The serving role, once per server."""
    _administer(
        f"DO $$ BEGIN CREATE ROLE {SERVICE} LOGIN PASSWORD '{SERVICE}'; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )


def new_postgres_database(name: str, template: str = "template0") -> str:
    """A new database on the test server, a copy of `template`; its address."""
    _administer(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{str(postgres_url()).rpartition('/')[0]}/{name}"


def drop_postgres_database(name: str) -> None:
    """Remove a database whoever is still in it."""
    _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
