"""A house of its own for the story: fresh data, free port, gone with everything at the end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import start
from tests.story.visitor import Visitor

PATIENCE = 60.0
"""Seconds for the server to answer, and again to end."""


@dataclass(frozen=True)
class House:
    """A running house: its address and the surroundings in which its commands run."""

    origin: str
    env: dict[str, str]

    def command(self, *words: str) -> str:
        """What `flask house …` prints; raises RuntimeError with its complaint where it fails."""
        return _command(self.env, *words)


def _command(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "house", *words],
        cwd=start.ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"house {' '.join(words)}: {done.stderr.strip() or done.stdout}")
    return done.stdout


def _surroundings(data: Path, origin: str) -> dict[str, str]:
    """Those of the sample, without label keys that the shell of its owner may hold."""
    env = start.sample_environment(data, origin)
    return {name: text for name, text in env.items() if not name.startswith("LABEL_KEY_")}


@contextmanager
def house_of_its_own() -> Iterator[House]:
    """Migrate, load the catalogue, make a key, serve; whatever happens, end it and clean up."""
    folder = Path(tempfile.mkdtemp(prefix="biaoyuan-demo-"))
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        origin = f"http://127.0.0.1:{port}"
        house = House(origin, _surroundings(folder / "data", origin))
        for words in ("migrate", "load-catalogue", "new-epoch"):
            house.command(words)
        with _served(house, port, folder / "server.log"):
            yield house
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _served(house: House, port: int, log: Path) -> Iterator[None]:
    """The server in a session of its own, told once to end: its workers hang when told twice."""
    with log.open("wb") as kept:
        server = subprocess.Popen(
            start.server(sys.executable, "127.0.0.1", port),
            cwd=start.ROOT, env=house.env, stdout=kept, stderr=kept, start_new_session=True,
        )  # fmt: skip
    try:
        _await_answer(server, house, log)
        yield
    finally:
        _end(server)


def _await_answer(server: subprocess.Popen[bytes], house: House, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            if Visitor(house.origin).get("/readyz").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the server does not answer: {log.read_text(errors='replace')[-2000:]}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """Told once to end and waited for; then whatever is left of its session goes."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
