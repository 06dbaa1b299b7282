"""The standard library has a module `trace` too: from the root, the name is ours."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = str(ROOT / "trace" / "__init__.py")


def test_here_trace_is_ours() -> None:
    found = importlib.import_module("trace")
    assert found.__file__ == OURS
    assert importlib.import_module("trace.batches").__package__ == "trace.batches"


@pytest.mark.parametrize("module", ["flask", "granian", "pytest", "alembic.config"])
def test_what_is_started_from_the_root_finds_our_trace(module: str) -> None:
    """`python -m` puts the root first, whatever the module; a real start would import `trace` so."""
    code = (
        "import runpy, sys; sys.argv = ['-', '--version']\n"
        "try: runpy.run_module(sys.argv.pop(1) and MODULE, run_name='__main__', alter_sys=True)\n"
        "except SystemExit: pass\n"
        "import trace; print(trace.__file__)"
    ).replace("MODULE", repr(module))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == OURS


def test_nobody_imports_the_bare_name() -> None:
    """`import trace` outside the root would take the other one; a submodule fails loudly."""
    for path in [p for floor in ("core", "products", "trace", "labels", "desks", "tests")
                 for p in (ROOT / floor).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert "trace" not in names, path
