#!/usr/bin/env python3
"""One command: serve the sample, tell the story, or check the whole house.

    python3 start.py [--port 8000] [--lan] [--data data]
    python3 start.py demo [--out out]
    python3 start.py test [--long] [arguments for pytest]

Needs the standard library only: it makes .venv, installs the hashed lock into it when the lock has
changed, and hands over. It is the only place that asks for the sample mode. The file has to parse
on Python 3.6, so that an old one is told what is missing instead of shown a SyntaxError.
"""

import argparse
import collections
import hashlib
import importlib.util
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

MINIMUM = (3, 11)
if sys.version_info[:2] < MINIMUM:
    sys.exit(
        f"标源需要 Python 3.11 或更新版本，这里是 {sys.version.split()[0]} / "
        f"Biaoyuan needs Python 3.11 or newer, this is {sys.version.split()[0]}"
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCKS = ROOT / "requirements"
FIRST_PORT = 8000
PORTS_TRIED = 100
SIGNALS = [getattr(signal, x) for x in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, x)]
# The sample keeps to its own data folder, whatever database the shell of its owner points at.
OTHER_DATABASES = ("DATABASE_URL", "DATABASE_REPLICA_URL", "MIGRATE_URL")


def say(zh: str, en: str) -> None:
    """One sentence in two languages, at once, also through a pipe."""
    print(f"{zh} / {en}", flush=True)


def stop(zh: str, en: str) -> SystemExit:
    """What to raise when a person has to do something first."""
    return SystemExit(f"{zh} / {en}")


# ---- the environment -----------------------------------------------------------------------------


def python_of(venv: Path) -> Path:
    """Where the interpreter of a virtual environment lies."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def answer(python: Path, code: str) -> str:
    """What `python -c code` prints; empty when it is missing, broken or fails."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def version_of(python: Path) -> str:
    """`3.11` of an interpreter that works and is new enough, else nothing."""
    said = answer(python, "import sys; print(*sys.version_info[:2])").split()
    return ".".join(said) if tuple(map(int, said)) >= MINIMUM else ""


def make_venv(venv: Path, uv: str | None) -> None:
    """A new, empty environment in place of whatever was there.

    Raises SystemExit where this Python cannot make one.
    """
    say("正在建立 .venv", "making .venv")
    if uv:
        shutil.rmtree(venv, ignore_errors=True)
        command = [uv, "venv", "--quiet", "--python", sys.executable, str(venv)]
    elif importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        command = [sys.executable, "-I", "-m", "venv", "--clear", str(venv)]
    else:
        raise stop(
            "这个 Python 缺少 venv，请先安装（Debian、Ubuntu：sudo apt install python3-venv），再运行一次",
            "this Python comes without venv: install it (Debian, Ubuntu: sudo apt install "
            "python3-venv) and run this again",
        )
    if run(command, dict(os.environ)):
        raise stop(f"无法建立 {venv}，原因见上", f"{venv} could not be made, see above")


def install(lock: Path, python: Path, uv: str | None) -> None:
    """Every package of the lock, each file checked against its hash.

    Raises SystemExit when one cannot be had.
    """
    say(
        f"正在按 {lock.name} 安装依赖，第一次需要几分钟",
        f"installing {lock.name}, the first time takes minutes",
    )
    if uv:
        command = [uv, "pip", "install", "--python", str(python)]
    else:
        command = [str(python), "-I", "-m", "pip", "install", "--disable-pip-version-check"]
    if run([*command, "--require-hashes", "-r", str(lock)], dict(os.environ)):
        raise stop(
            "依赖没有装好，原因见上；网络不通时可用 PIP_INDEX_URL 或 UV_DEFAULT_INDEX 指定镜像",
            "the packages could not be installed, see above; where the network is the trouble, "
            "name a mirror in PIP_INDEX_URL or UV_DEFAULT_INDEX",
        )


def stamp_of(lock: Path, version: str) -> str:
    """What the stamp file says once a lock is installed for a version of Python."""
    return f"{version} {hashlib.sha256(lock.read_bytes()).hexdigest()}"


def prepare(name: str, venv: Path = VENV, locks: Path = LOCKS) -> Path:
    """The interpreter of an environment with the lock `run` or `dev` installed.

    Whoever has dev has run: the one contains the other. Raises SystemExit when it cannot be made.
    """
    python, stamp, uv = python_of(venv), venv / "installed.txt", shutil.which("uv")
    version = version_of(python)
    enough = {name, "dev"}
    if version and stamp.is_file():
        known = stamp.read_text(encoding="utf-8")
        if known in {stamp_of(locks / f"{each}.txt", version) for each in enough}:
            return python
    if not version or not (uv or answer(python, "import pip; print(pip.__version__)")):
        make_venv(venv, uv)
        version = version_of(python)
    stamp.unlink(missing_ok=True)
    install(locks / f"{name}.txt", python, uv)
    stamp.write_text(stamp_of(locks / f"{name}.txt", version), encoding="utf-8")
    return python


def surroundings(**more: str) -> dict[str, str]:
    """The environment of everything we start: ours, UTF-8, nobody else's packages."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    return {**kept, "PYTHONUTF8": "1", **more}


def run(command: list[str], env: dict[str, str], session: bool = False) -> int:
    """The exit code of a command that is waited for until it has tidied up, whatever signal comes.

    The terminal gives Ctrl-C to the command too. In a session of its own it is told by us alone, to
    terminate: granian's workers hang when a signal reaches them twice, and SIGHUP restarts them.
    Raises SystemExit after a signal.
    """
    child = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=session)
    received: list[int] = []

    def pass_on(number: int, _: object) -> None:
        received.append(number)
        if session:
            child.terminate()
        elif number != signal.SIGINT:
            child.send_signal(number)

    before = {each: signal.signal(each, pass_on) for each in SIGNALS}
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        say("已停止", "stopped")
        raise SystemExit(128 + received[0])
    return code if code >= 0 else 128 - code


# ---- serve ---------------------------------------------------------------------------------------


def port_number(text: str) -> int:
    """A port as typed; raises argparse.ArgumentTypeError outside 1 to 65535."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"{text!r}: 端口是 1 到 65535 的整数 / a port is a whole number from 1 to 65535"
        )
    return int(text)


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that nobody listens on. Raises SystemExit when all are taken."""
    last = min(first + PORTS_TRIED, 65536)
    for port in range(first, last):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise stop(
        f"{first} 到 {last - 1} 都不能用，请用 --port 换一个",
        f"no port from {first} to {last - 1} can be used: choose another with --port",
    )


def lan_address() -> str:
    """This machine's address in the local network. Raises SystemExit when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # A datagram socket only looks up the route; the address is for documents (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            address = str(probe.getsockname()[0])
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        raise stop(
            "没有找到局域网地址，请先连上网络，或不用 --lan",
            "no address in a local network: connect to one, or leave out --lan",
        )
    return address


def sample_environment(data: Path, origin: str) -> dict[str, str]:
    """What the sample is told: its mode, its folder and the address that its labels carry."""
    env = surroundings(
        BIAOYUAN_MODE="sample", BIAOYUAN_DATA=str(data.resolve()), BIAOYUAN_ORIGIN=origin
    )
    for name in OTHER_DATABASES:
        if env.pop(name, None):
            say(f"示例不用 {name}，只用 {data}", f"the sample ignores {name} and keeps to {data}")
    for name in [name for name in env if name.startswith("LABEL_KEY_")]:
        del env[name]  # a sample is never printed with real master keys
    return env


def serve(arguments: list[str]) -> None:
    """Migrate, load, fill if empty, then serve the sample until Ctrl-C."""
    parser = argparse.ArgumentParser("start.py", allow_abbrev=False, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--port",
        type=port_number,
        default=FIRST_PORT,
        help="端口，被占用时用下一个 / the port, or the next free one",
    )
    parser.add_argument(
        "--lan",
        action="store_true",
        help="局域网内的手机也能打开 / phones in the local network can open it",
    )
    parser.add_argument(
        "--data", type=Path, default=ROOT / "data", help="数据文件夹 / the folder of the data"
    )
    options = parser.parse_args(arguments)
    host = lan_address() if options.lan else "127.0.0.1"
    python = str(prepare("run"))
    port = free_port(host, options.port)
    if port != options.port:
        say(f"{options.port} 已被占用，改用 {port}", f"{options.port} is taken, using {port}")
    env = sample_environment(options.data, f"http://{host}:{port}")
    code = run([python, "-m", "flask", "--app", "wsgi", "house", "prepare"], env)
    if not code:
        say("正在运行，按 Ctrl-C 停止", "serving, Ctrl-C stops it")
        code = run(server(python, host, port), env, session=True)
    raise SystemExit(code)


def server(python: str, host: str, port: int) -> list[str]:
    """The command that serves. Without respawn one dead worker would end them all."""
    where = ["--host", host, "--port", str(port)]
    kept = ["--workers", "2", "--respawn-failed-workers", "--workers-kill-timeout", "10"]
    # Never more threads than SQLAlchemy's pool has connections (5 and 10 of overflow).
    threads = ["--blocking-threads", str(min(15, 2 * (os.cpu_count() or 1) + 1))]
    quiet = ["--no-ws", "--log-level", "warning"]
    command = [python, "-m", "granian", "--interface", "wsgi", *where, *kept, *threads, *quiet]
    return [*command, "--factory", "wsgi:create_app"]


# ---- demo ----------------------------------------------------------------------------------------


def demo(arguments: list[str]) -> None:
    """The main job from registration to scan, over HTTP, told in the terminal."""
    python = str(prepare("run"))
    story = [python, "-m", "tests.story.demo", "--out", "out", *arguments]
    raise SystemExit(run(story, surroundings()))


# ---- test ----------------------------------------------------------------------------------------


def checks(python: str, arguments: list[str], report: Path) -> list[tuple[str, str, list[str]]]:
    """Every check as (name, 名称, command), the quick ones first."""
    long = "--long" in arguments
    chosen = [each for each in arguments if each != "--long"]
    module = [python, "-m"]
    floors = "from importlinter.cli import lint_imports_command as check; check()"
    size = [] if long else ["-m", "not long"]
    tests = ["pytest", "-n", "auto", *size, f"--junitxml={report}", *chosen]
    return [
        ("format", "格式", [*module, "ruff", "format", "--check", "."]),
        ("lint", "规范", [*module, "ruff", "check", "."]),
        ("types", "类型", [*module, "mypy"]),
        ("floors", "楼层", [python, "-c", floors]),
        ("tests", "测试", [*module, *tests]),
    ]


def skipped(report: Path) -> collections.Counter[str]:
    """How many tests were skipped for which reason, from pytest's JUnit report."""
    found = ElementTree.parse(report).iter("skipped")
    return collections.Counter(
        each.get("message", "") for each in found if each.get("type") == "pytest.skip"
    )


def tell_skipped(reasons: collections.Counter[str]) -> None:
    """Say loudly what this machine could not show."""
    if not reasons:
        say("没有跳过任何测试", "nothing was skipped")
        return
    print("!" * 80)
    say(f"跳过了 {reasons.total()} 项，这台机器没有证明它们", f"SKIPPED: {reasons.total()} tests")
    for reason, count in reasons.most_common():
        print(f"  {count} × {reason}")
    print("!" * 80, flush=True)


def test(arguments: list[str]) -> None:
    """Every check in turn; the first that fails ends it with its exit code."""
    python = str(prepare("dev"))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        for name, zh, command in checks(python, arguments, report):
            say(f"== {zh}", name)
            code = run(command, surroundings())
            if code:
                if report.is_file():
                    tell_skipped(skipped(report))
                say(f"没有通过：{zh}", f"failed: {name}")
                raise SystemExit(code)
        tell_skipped(skipped(report))
    if "--long" not in arguments:
        say("完整规模用 --long", "the full sizes: --long")
    say("全部通过", "all green")


VERBS = {"serve": serve, "demo": demo, "test": test}


def main(arguments: list[str]) -> None:
    """Do what the first word says; without one, serve."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    verb, rest = "serve", arguments
    if arguments and not arguments[0].startswith("-"):
        verb, rest = arguments[0], arguments[1:]
    if verb not in VERBS:
        print(__doc__, file=sys.stderr)
        raise SystemExit(2)
    try:
        VERBS[verb](rest)
    except KeyboardInterrupt:
        say("已停止", "stopped")
        raise SystemExit(128 + signal.SIGINT) from None


if __name__ == "__main__":
    main(sys.argv[1:])
