"""No secret lies in the repository: no key file, no private key, no address of a registry (C-01)."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY_FILE = re.compile(r"(^|/)((?:epoch|report)-\d+\.key|secret\.key|.*\.pem|.*\.p12|\.env)$")
PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
REGISTRY = re.compile(rb"https?://[^\s\"']*(?:pypi|pythonhosted|npmjs|mirror)[^\s\"']*")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name]


def test_no_key_file_was_ever_committed() -> None:
    names = subprocess.run(
        ["git", "log", "--all", "--format=", "--name-only"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout.split()  # fmt: skip
    assert [name for name in names if KEY_FILE.search(name)] == []


def test_no_file_holds_a_private_key_or_a_registry_address() -> None:
    files = [path for path in tracked() if path.is_file() and path != Path(__file__)]
    assert len(files) > 200
    found = [
        path.name
        for path in files
        if PRIVATE.search(body := path.read_bytes()) or REGISTRY.search(body)
    ]
    assert found == []
