"""The standard library has a module `trace` too; wherever the house is started, the name is ours."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "trace" / "__init__.py"
ASK = "import trace; print(trace.__file__)"


def answer(code: str, folder: Path, data: Path) -> Path:
    """What a new Python, started in a folder, prints last."""
    env = {**os.environ, "BIAOYUAN_MODE": "sample", "BIAOYUAN_DATA": str(data)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def test_in_the_tests_trace_is_ours() -> None:
    found = importlib.import_module("trace")
    assert found.__file__ == str(OURS)
    assert importlib.import_module("trace.batches").__file__ == str(
        OURS.parent / "batches" / "__init__.py"
    )


def test_from_the_root_trace_is_ours(tmp_path: Path) -> None:
    assert answer(ASK, ROOT, tmp_path) == OURS


def test_through_wsgi_trace_is_ours_from_any_folder(tmp_path: Path) -> None:
    code = f"import runpy; runpy.run_path({str(ROOT / 'wsgi.py')!r}); {ASK}"
    assert answer(code, tmp_path, tmp_path / "data") == OURS


def test_nobody_imports_the_bare_name() -> None:
    """A submodule fails loudly where `trace` is the other one; the bare name would not."""
    floors = ("core", "products", "trace", "labels", "desks", "tests")
    for path in [path for floor in floors for path in (ROOT / floor).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert "trace" not in [each.name for each in node.names], path
            elif isinstance(node, ast.ImportFrom):
                assert node.module != "trace", path
