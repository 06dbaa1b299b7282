"""The built-in catalogue, read from the YAML files beside this module into frozen, checked values.

Every scalar is read as text, so that a limit keeps the digits of its standard: 5.0 is never 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from products.catalogue.checks import CatalogueError, Place, check
from products.catalogue.rows import (
    Catalogue,
    Divisions,
    Edition,
    LabelRules,
    Plan,
    Product,
    Requirement,
    Standard,
)
from products.errors import RuleError

Row = TypeVar("Row")

FOLDER = Path(__file__).parent
NOTHING = ("", "null")
NAMED_BY = ("code", "key", "number", "designation", "product", "name")
# Written in C where the machine has libyaml; both leave every scalar as the text that it is.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
SCALARS: dict[Any, Callable[[str], Any]] = {
    bool: lambda text: {"true": True, "false": False}[text],
    date: date.fromisoformat,
}


@dataclass(frozen=True)
class _Products:
    products: tuple[Product, ...]


@dataclass(frozen=True)
class _Standards:
    standards: tuple[Standard, ...]


@dataclass(frozen=True)
class _Plans:
    plans: tuple[Plan, ...]


@dataclass(frozen=True)
class _Requirements:
    product: str | None
    requirements: tuple[Requirement, ...]


def read_catalogue(folder: Path = FOLDER) -> Catalogue:
    """The catalogue in `folder`, complete and consistent; CatalogueError names file and row."""
    catalogue = Catalogue(
        divisions=_read(Divisions, folder, "divisions.yaml"),
        products=_read(_Products, folder, "products.yaml").products,
        standards=_standards(folder),
        requirements=_requirements(folder),
        plans=_read(_Plans, folder, "plans.yaml").plans,
        label_rules=_read(LabelRules, folder, "label_rules.yaml"),
    )
    check(catalogue)
    return catalogue


def _standards(folder: Path) -> tuple[Standard, ...]:
    """The standards; an edition without a source of its own has that of its standard."""

    def sourced(edition: Edition, standard: Standard) -> Edition:
        return replace(edition, source=edition.source or standard.source)

    found = _read(_Standards, folder, "standards.yaml").standards
    return tuple(replace(s, editions=tuple(sourced(e, s) for e in s.editions)) for s in found)


def _requirements(folder: Path) -> tuple[Requirement, ...]:
    """The rows of every file in requirements/, each with its product and the titles it rests on."""
    titles = _load(folder, "sources.yaml")
    found = []
    for path in sorted((folder / "requirements").glob("*.yaml")):
        name = f"requirements/{path.name}"
        part = _read(_Requirements, folder, name)
        if path.stem != (part.product or "every-product"):
            raise CatalogueError(
                Place(name, "product"),
                f"文件名与产品 {part.product} 不符",
                f"the file is not named after its product {part.product}",
            )
        for row in part.requirements:
            sources = tuple(_title(titles, key, Place(name, row.code)) for key in row.sources)
            found.append(replace(row, product=part.product, sources=sources))
    return tuple(found)


def _title(titles: dict[str, Any], key: str, at: Place) -> str:
    if key not in titles:
        raise CatalogueError(
            at, f"sources.yaml 里没有来源 {key}", f"no source {key} in sources.yaml"
        )
    return str(titles[key])


def _load(folder: Path, name: str) -> dict[str, Any]:
    """The mapping that a file holds, all scalars as text."""
    at = Place(name, "-")
    try:
        raw = LOADER((folder / name).read_text("utf-8")).get_single_data()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(at, f"读不出来：{error}", f"cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise CatalogueError(at, "应由“名称: 内容”组成", "must be a mapping of names to contents")
    return raw


def _read(kind: type[Row], folder: Path, name: str) -> Row:
    """A whole file as one value of `kind`."""
    row: Row = _build(kind, _load(folder, name), Place(name, "-"))
    return row


def _build(kind: Any, raw: Any, at: Place) -> Any:
    """Texts, lists and mappings as a value of type `kind`."""
    if get_origin(kind) is UnionType:
        return _optional(kind, raw, at)
    if get_origin(kind) is tuple:
        return _tuple(kind, raw, at)
    if is_dataclass(kind):
        return _record(kind, raw, at)
    if not isinstance(raw, str) or raw in NOTHING:
        raise CatalogueError(at, "应填一个值", "a single value is needed")
    try:
        return SCALARS.get(kind, kind)(raw)
    except (KeyError, ValueError) as error:
        raise CatalogueError(at, f"不能填“{raw}”", f'"{raw}" cannot stand here') from error


def _optional(kind: Any, raw: Any, at: Place) -> Any:
    if raw in NOTHING:
        return None
    (inner,) = (choice for choice in get_args(kind) if choice is not NoneType)
    return _build(inner, raw, at)


def _tuple(kind: Any, raw: Any, at: Place) -> tuple[Any, ...]:
    """A list: of one type and any length, or of as many values as the type has parts."""
    if not isinstance(raw, list):
        raise CatalogueError(at, "应填列表", "a list is needed")
    parts = get_args(kind)
    if parts[-1] is Ellipsis:
        return tuple(_build(parts[0], item, at) for item in raw)
    if len(parts) != len(raw):
        raise CatalogueError(at, f"应有 {len(parts)} 项", f"needs {len(parts)} values")
    return tuple(_build(part, item, at) for part, item in zip(parts, raw, strict=True))


def _record(kind: Any, raw: Any, at: Place) -> Any:
    """A mapping as a dataclass: no name that it does not know, none missing that it needs."""
    if not isinstance(raw, dict):
        raise CatalogueError(at, "应由“名称: 内容”组成", "must be a mapping of names to contents")
    at = at.inside(next((str(raw[name]) for name in NAMED_BY if name in raw), ""))
    hints, needed = _shape(kind)
    for name in sorted(raw.keys() - hints.keys()):
        raise CatalogueError(at, f"不认识“{name}”这一项", f'"{name}" is not known here')
    for name in sorted(needed - raw.keys()):
        raise CatalogueError(at, f"缺少“{name}”", f'"{name}" is missing')
    values = {name: _build(hints[name], raw[name], at.inside(name)) for name in raw}
    try:
        return kind(**values)
    except RuleError as error:
        raise CatalogueError(at, error.words.zh, error.words.en) from error


@cache
def _shape(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of a dataclass's fields, and the fields that have no default."""
    optional = {
        f.name for f in fields(kind) if (f.default, f.default_factory) != (MISSING, MISSING)
    }
    hints = get_type_hints(kind)
    return hints, frozenset(hints) - optional
