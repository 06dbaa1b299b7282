"""start.py: one command on an empty machine, and plain words where something is missing."""

import argparse
import ast
import collections
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import start

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "start.py").read_text(encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Locks in a folder of the test's own, no uv; the commands are noted instead of run, and any
    file is a good Python.
    """
    for name in ("run", "dev"):
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    noted: list[list[str]] = []

    def note(command: list[str], env: dict[str, str], session: bool = False) -> int:
        noted.append(command)
        if "venv" in command:
            python = start.python_of(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.touch()
        return 0

    monkeypatch.setattr(start, "run", note)
    monkeypatch.setattr(start, "answer", lambda python, _: "3 11" if python.exists() else "")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return noted


def installs(noted: list[list[str]]) -> list[str]:
    return [Path(command[-1]).stem for command in noted if "--require-hashes" in command]


# ---- what the file itself promises ---------------------------------------------------------------


def test_it_needs_the_standard_library_only() -> None:
    for node in ast.walk(ast.parse(SOURCE)):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_old_python_can_read_it() -> None:
    ast.parse(SOURCE, feature_version=(3, 6))


def test_an_old_python_is_told_in_both_languages_and_ends_with_1() -> None:
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); sys.version = '3.9.2 (old)'\n"
        f"runpy.run_path({str(ROOT / 'start.py')!r}, run_name='__main__')"
    )
    env = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "标源需要 Python 3.11 或更新版本，这里是 3.9.2 / "
        "Biaoyuan needs Python 3.11 or newer, this is 3.9.2\n"
    )


def test_the_oldest_python_is_the_one_that_the_project_names() -> None:
    named = ".".join(map(str, start.MINIMUM))
    assert f'requires-python = ">={named}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


# ---- the environment -----------------------------------------------------------------------------


def test_a_python_is_asked_for_its_version_and_a_broken_one_has_none(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("no program", encoding="utf-8")
    broken.chmod(0o755)
    assert start.version_of(Path(sys.executable)) == ".".join(map(str, sys.version_info[:2]))
    assert start.version_of(broken) == ""
    assert start.version_of(tmp_path / "missing") == ""


def test_it_installs_once_and_again_only_when_the_lock_has_changed(
    house: list[list[str]], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    for _ in range(2):
        assert start.prepare("run", venv, tmp_path) == start.python_of(venv)
    assert installs(house) == ["run"]
    (tmp_path / "run.txt").write_text("changed", encoding="utf-8")
    start.prepare("run", venv, tmp_path)
    assert installs(house) == ["run", "run"]


def test_what_the_tests_need_is_enough_to_serve_but_not_the_other_way(
    house: list[list[str]], tmp_path: Path
) -> None:
    for name in ("run", "dev", "run", "dev"):
        start.prepare(name, tmp_path / "venv", tmp_path)
    assert installs(house) == ["run", "dev"]


def test_a_broken_environment_is_made_anew(house: list[list[str]], tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    start.prepare("run", venv, tmp_path)
    start.python_of(venv).unlink()
    shutil.rmtree(start.python_of(venv).parent)
    start.prepare("run", venv, tmp_path)
    assert installs(house) == ["run", "run"]


def test_an_install_that_failed_is_tried_again(
    house: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / "venv"
    start.prepare("run", venv, tmp_path)
    (tmp_path / "run.txt").write_text("changed", encoding="utf-8")
    with monkeypatch.context() as failing:
        failing.setattr(start, "run", lambda *_: 1)
        with pytest.raises(SystemExit, match=r"依赖没有装好.*PIP_INDEX_URL.*mirror"):
            start.prepare("run", venv, tmp_path)
    start.prepare("run", venv, tmp_path)
    assert installs(house) == ["run", "run"]


def test_a_python_without_venv_is_told_which_package_brings_it(
    house: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"python3-venv.*python3-venv"):
        start.prepare("run", tmp_path / "venv", tmp_path)
    assert house == []


def test_uv_is_used_where_it_is(
    house: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/uv")
    start.prepare("run", tmp_path / "venv", tmp_path)
    assert [command[:3] for command in house] == [
        ["/bin/uv", "venv", "--quiet"],
        ["/bin/uv", "pip", "install"],
    ]


def test_other_peoples_packages_stay_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("CI", "true")
    env = start.surroundings(MORE="1")
    assert "PYTHONPATH" not in env
    assert (env["CI"], env["PYTHONUTF8"], env["MORE"]) == ("true", "1", "1")


# ---- serving -------------------------------------------------------------------------------------


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < start.free_port("127.0.0.1", port) <= port + start.PORTS_TRIED


def test_no_free_port_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "PORTS_TRIED", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit, match=r"--port.*--port"):
            start.free_port("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("typed", ["0", "65536", "-1", "8x", "", "８０００", "1.5"])
def test_a_port_is_a_whole_number_in_range(typed: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"端口.*port"):
        start.port_number(typed)


def test_without_a_local_network_lan_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "socket", Nowhere)
    with pytest.raises(SystemExit, match=r"局域网.*--lan"):
        start.lan_address()


def test_only_the_sample_is_started_and_no_database_of_the_shell_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://real")
    monkeypatch.setenv("BIAOYUAN_MODE", "production")
    env = start.sample_environment(tmp_path / "data", "http://127.0.0.1:8000")
    assert "DATABASE_URL" not in env
    assert env["BIAOYUAN_MODE"] == "sample"
    assert env["BIAOYUAN_DATA"] == str(tmp_path / "data")
    assert env["BIAOYUAN_ORIGIN"] == "http://127.0.0.1:8000"
    assert "DATABASE_URL" in capsys.readouterr().out


@pytest.mark.parametrize(("lan", "host"), [([], "127.0.0.1"), (["--lan"], "192.0.2.7")])
def test_it_fills_the_sample_and_then_serves_it_under_the_address_in_its_codes(
    house: list[list[str]], monkeypatch: pytest.MonkeyPatch, lan: list[str], host: str
) -> None:
    origins = []
    note = start.run

    def watched(command: list[str], env: dict[str, str], session: bool = False) -> int:
        origins.append(env["BIAOYUAN_ORIGIN"])
        return note(command, env, session)

    monkeypatch.setattr(start, "run", watched)
    monkeypatch.setattr(start, "prepare", lambda name: Path("python"))
    monkeypatch.setattr(start, "lan_address", lambda: "192.0.2.7")
    monkeypatch.setattr(start, "free_port", lambda host, first: first)
    with pytest.raises(SystemExit, match=r"^0$"):
        start.main([*lan, "--port", "8123"])
    filled, served = house
    assert filled[1:] == ["-m", "flask", "--app", "wsgi", "house", "prepare"]
    assert served[served.index("--host") + 1] == host
    assert "--respawn-failed-workers" in served
    assert origins == [f"http://{host}:8123"] * 2


def test_nothing_is_served_when_the_house_cannot_be_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes = iter([3])
    monkeypatch.setattr(start, "prepare", lambda name: Path("python"))
    monkeypatch.setattr(start, "free_port", lambda host, first: first)
    monkeypatch.setattr(start, "run", lambda *_, **__: next(codes))
    with pytest.raises(SystemExit, match=r"^3$"):
        start.main([])


@pytest.mark.parametrize("session", [False, True])
def test_a_signal_reaches_what_was_started_and_it_is_waited_for(
    tmp_path: Path, session: bool
) -> None:
    tidy = tmp_path / "tidy"
    child = (
        "import pathlib, signal, sys, time\n"
        f"def stop(*_): time.sleep(0.2); pathlib.Path({str(tidy)!r}).touch(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop); print('ready', flush=True); time.sleep(30)"
    )
    ours = f"import os, sys, start; start.run([sys.executable, '-c', {child!r}], dict(os.environ), {session})"
    with subprocess.Popen(
        [sys.executable, "-c", ours], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 128 + signal.SIGTERM
        assert "stopped" in process.stdout.read()
    assert tidy.exists()


# ---- test and demo -------------------------------------------------------------------------------


def test_the_checks_run_in_turn_and_the_first_that_fails_ends_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def fail_types(command: list[str], env: dict[str, str]) -> int:
        done.append(" ".join(command[2:4]))
        return 7 if "mypy" in command else 0

    monkeypatch.setattr(start, "prepare", lambda name: Path("python"))
    monkeypatch.setattr(start, "run", fail_types)
    with pytest.raises(SystemExit, match=r"^7$"):
        start.main(["test"])
    assert done == ["ruff format", "ruff check", "mypy"]
    said = capsys.readouterr().out
    assert "failed: types" in said
    assert "skipped" not in said, "the tests have not run: nothing is known of them"


def test_long_runs_everything_and_other_words_go_to_pytest() -> None:
    *_, (_, _, short) = start.checks("python", ["-k", "balance"], Path("report.xml"))
    *_, (_, _, long) = start.checks("python", ["--long", "tests/rules"], Path("report.xml"))
    assert short[5:] == ["-m", "not long", "--junitxml=report.xml", "-k", "balance"]
    assert long[5:] == ["--junitxml=report.xml", "tests/rules"]


def test_what_was_skipped_is_said_loudly_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = tmp_path / "test_example.py"
    example.write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "@pytest.mark.skip(reason='no PostgreSQL here')\n"
        "def test_a(n): pass\n"
        "@pytest.mark.xfail(reason='known')\n"
        "def test_b(): assert False\n",
        encoding="utf-8",
    )
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    subprocess.run(
        [*command, f"--junitxml={report}", str(example)], capture_output=True, check=True
    )
    reasons = start.skipped(report)
    assert reasons == collections.Counter({"no PostgreSQL here": 2})
    start.tell_skipped(reasons)
    said = capsys.readouterr().out
    assert "SKIPPED: 2" in said
    assert "2 × no PostgreSQL here" in said


def test_when_nothing_was_skipped_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    start.tell_skipped(collections.Counter())
    assert "nothing was skipped" in capsys.readouterr().out


def test_the_demo_leaves_its_files_in_out(
    house: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "prepare", lambda name: Path("python"))
    with pytest.raises(SystemExit, match=r"^0$"):
        start.main(["demo"])
    assert house == [["python", "-m", "tests.story.demo", "--out", "out"]]


def test_an_unknown_word_is_answered_with_what_can_be_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        start.main(["tset"])
    assert "start.py demo" in capsys.readouterr().err


def test_make_has_at_most_ten_targets_and_says_what_each_is_for() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):(.*)$", text, re.MULTILINE)
    assert 0 < len(targets) <= 10
    assert [name for name, rest in targets if "## " not in rest] == []
    assert "\t$(PYTHON) start.py test\n" in text


def test_ci_is_the_same_as_the_one_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").rstrip().endswith('exec "$python" start.py test')
