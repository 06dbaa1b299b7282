"""Small files, small functions, plain names: what no linter counts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("core", "products", "trace", "labels", "desks")
SINGLE = ("wsgi.py", "start.py", "migrations/env.py")
FILE_LINES = 400
TEST_FILE_LINES = 500
FUNCTION_LINES = 40
NAMELESS = ("utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py")

type_of_function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    return [path for each in folders for path in sorted((ROOT / each).rglob("*.py"))]


def house() -> list[Path]:
    single = [ROOT / each for each in SINGLE]
    return sources(*FLOORS) + [path for path in single if path.is_file()]


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[type_of_function]:
    for node in ast.walk(tree):
        if isinstance(node, type_of_function):
            yield node


def length(function: type_of_function) -> int:
    """Lines from `def` to the last statement, docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def imports_inside(tree: ast.Module) -> list[int]:
    """The lines of imports that are not at the top of the file."""
    found = {
        node.lineno
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return sorted(found)


def too_long(paths: list[Path], ceiling: int) -> list[str]:
    return [f"{shown(path)}: {lines_of(path)}" for path in paths if lines_of(path) > ceiling]


def test_no_file_of_the_house_is_longer_than_400_lines() -> None:
    found = too_long(house(), FILE_LINES)
    assert not found, "\n".join(found)


def test_no_test_file_is_longer_than_500_lines() -> None:
    found = too_long(sources("tests"), TEST_FILE_LINES)
    assert not found, "\n".join(found)


def test_no_function_is_longer_than_40_lines() -> None:
    found = [
        f"{shown(path)}:{function.lineno} {function.name}: {length(function)}"
        for path in [*house(), *sources("tests", "bench")]
        for function in functions(tree_of(path))
        if length(function) > FUNCTION_LINES
    ]
    assert not found, "\n".join(found)


def test_nothing_is_imported_inside_a_function() -> None:
    found = [
        f"{shown(path)}:{line}"
        for path in [*house(), *sources("tests", "bench")]
        for line in imports_inside(tree_of(path))
    ]
    assert not found, "\n".join(found)


def test_every_file_is_named_after_what_it_does() -> None:
    everything = sources(*FLOORS, "tests", "bench", "migrations")
    assert [shown(path) for path in everything if path.name in NAMELESS] == []


def test_every_folder_of_the_floors_says_what_it_is() -> None:
    for folder in sorted({path.parent for path in sources(*FLOORS)}):
        file = folder / "__init__.py"
        assert file.is_file(), f"{shown(folder)} is no package"
        assert ast.get_docstring(tree_of(file)), f"{shown(file)} has no docstring"


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_itself_is_only_a_docstring(floor: str) -> None:
    body = tree_of(ROOT / floor / "__init__.py").body
    assert [type(node) for node in body] == [ast.Expr]


def test_the_counting_finds_what_is_too_long_and_what_is_imported_inside() -> None:
    body = "    pass\n" * FUNCTION_LINES
    source = f"@decorator\n@decorator\ndef long():\n{body}\nclass C:\n    def short(self):\n"
    source += '        """Words."""\n        import os\n        return os\n'
    long, short = functions(ast.parse(source))
    assert length(long) == FUNCTION_LINES + 1
    assert length(short) == 4
    assert imports_inside(ast.parse(source)) == [source.splitlines().index("        import os") + 1]
