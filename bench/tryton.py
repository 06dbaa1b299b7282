"""An inspection of 12 items here against one of 12 points in Tryton's quality module, in one run.

Here: HTTP on the real server, SQLite on a file with every COMMIT on the disk (synchronous FULL),
two accounts with bearer tokens, two signatures, idempotency keys, evidence, judged against every
limit in force. `one by one` posts a worksheet and verifies it; `many at once` posts all of them in
one request and verifies them in another. There: proteus in process, SQLite on a file as Tryton sets
it up (WAL, synchronous NORMAL: it does not wait for the disk), one account, no evidence.

Tryton comes from PyPI into an environment of its own in the cache folder, never into ours.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.clock import in_turns, say
from core.settings import read_settings
from tests.api.test_main_job import EVERY_BATCH, TYPE_ITEMS, report, sent_batch, type_inspected
from tests.people import People, Person
from tests.story.server import house_of_its_own
from wsgi import create_app

MANY, ROUNDS = 20, 5
SERIES = "8.2"
PACKAGES = tuple(f"{name}=={SERIES}.*" for name in ("trytond", "trytond-quality", "proteus"))
NAMES = {row["characteristic"] for row in EVERY_BATCH}
TWELVE = [*EVERY_BATCH, *(row for row in TYPE_ITEMS if row["characteristic"] not in NAMES)][:12]


def tryton_python() -> Path:
    """The interpreter of Tryton's environment, made where it is not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    venv = cache / "biaoyuan-bench" / f"tryton-{SERIES}-{sys.version_info[0]}.{sys.version_info[1]}"
    python = venv / "bin" / "python"
    if not (venv / "complete").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *PACKAGES], check=True)
        (venv / "complete").touch()
    return python


class Tryton:
    """The other side, waiting for the number of inspections to do."""

    def __init__(self, python: Path, folder: Path) -> None:
        script = Path(__file__).with_name("tryton_side.py")
        self._process = subprocess.Popen(
            [python, script, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._await("ready")

    def inspect(self) -> None:
        """MANY inspections."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{MANY}\n")
        self._process.stdin.flush()
        self._await("done")

    def _await(self, word: str) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != word:
            raise RuntimeError("Tryton's side has ended; see above")

    def end(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


class Client:
    """One connection to the server that stays open, as a laboratory's program keeps it."""

    def __init__(self, origin: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=60)

    def post(self, person: Person, path: str, body: dict[str, Any]) -> Any:
        """The JSON that comes back; RuntimeError where it is refused."""
        headers = {
            "Authorization": f"Bearer {person.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        self._connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(text.decode())
        return json.loads(text)


class Laboratory:
    """Our side: batches that wait, an analyst and a verifier."""

    def __init__(self, people: People, client: Client) -> None:
        self._client, self._analyst = client, people.inspector
        self._verifier = people.inspector.colleague
        type_inspected(people.cooperative, people.inspector)
        needed = MANY * (ROUNDS + 1) * 2
        self._waiting = [sent_batch(people.cooperative, self._analyst) for _ in range(needed)]

    def _body(self) -> dict[str, Any]:
        return {"batch": self._waiting.pop()["id"], "sign": True, **report(TWELVE)}

    def one_by_one(self) -> None:
        """MANY inspections, each verified by itself."""
        for _ in range(MANY):
            sheet = _signed(self._client.post(self._analyst, "/worksheets", self._body()))
            path = f"/worksheets/{sheet.pop('id')}/verification"
            self._client.post(self._verifier, path, sheet)

    def many_at_once(self) -> None:
        """MANY inspections, begun in one request and verified in another."""
        bodies = [self._body() for _ in range(MANY)]
        made = self._client.post(self._analyst, "/worksheet-sets", {"worksheets": bodies})
        named = [_signed(sheet) for sheet in made]
        self._client.post(self._verifier, "/verifications", {"worksheets": named})


def _signed(sheet: dict[str, Any]) -> dict[str, str]:
    """What a verifier names of a worksheet."""
    return {"id": sheet["id"], "content_sha256": sheet["content_sha256"]}


def main() -> None:
    """Run and print."""
    python = tryton_python()
    with tempfile.TemporaryDirectory() as folder, house_of_its_own() as house:
        app = create_app(replace(read_settings(house.env), password_memory_kib=64))
        laboratory = Laboratory(People(app), Client(house.origin))
        tryton = Tryton(python, Path(folder))
        jobs = {
            f"Tryton {SERIES} quality, proteus in process": tryton.inspect,
            "here over HTTP, one by one": laboratory.one_by_one,
            "here over HTTP, many at once": laboratory.many_at_once,
        }
        taken = in_turns(jobs, ROUNDS)
        tryton.end()
    theirs, *ours = jobs
    for name in ours:
        rows = {theirs: taken[theirs], name: taken[name]}
        say("an inspection of 12 items, recorded and judged", rows, "inspections", MANY, name)


if __name__ == "__main__":
    main()
