"""The sampling tables, read from the YAML files beside this module into frozen, checked values.

Every scalar is read as text, so that an AQL keeps its digits: 1.0 is never 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from products.requirements import Certainty
from trace.sampling.attributes import (
    AttributeTable,
    PackageRow,
    PackageTable,
    Scheme,
    UnreadTable,
)

FOLDER = Path(__file__).parent / "tables"
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class SamplingTables:
    """Everything that is held on sampling, and which standard a category is sampled by."""

    attributes: AttributeTable
    packages: PackageTable
    unread: tuple[UnreadTable, ...]
    default: str
    categories: dict[str, str]

    @property
    def standards(self) -> tuple[str, ...]:
        """The standards that can be chosen."""
        held = (self.attributes.standard, self.packages.standard)
        return (*held, *(table.standard for table in self.unread))

    def standard_for(self, category: str) -> str:
        """The sampling standard of a category of products."""
        return self.categories.get(category, self.default)


@cache
def read_tables(folder: Path = FOLDER) -> SamplingTables:
    """The tables of `folder`; ValueError or KeyError where a file is not as it should be."""
    rules = _yaml(folder / "rules.yaml")
    return SamplingTables(
        attributes=_attributes(_yaml(folder / "attributes.yaml")),
        packages=_packages(_yaml(folder / "tea_packages.yaml")),
        unread=tuple(
            UnreadTable(**{**row, "certainty": Certainty(row["certainty"])})
            for row in rules["unread"]
        ),
        default=rules["default"],
        categories={row["category"]: row["standard"] for row in rules["categories"]},
    )


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  # the base loader makes nothing but texts, lists and mappings


def _attributes(said: Any) -> AttributeTable:
    letters = said["code_letters"]
    return AttributeTable(
        standard=said["standard"],
        title=said["title"],
        source=said["source"],
        levels=tuple(said["levels"]),
        letters_certainty=Certainty(letters["certainty"]),
        letters=tuple((int(row["lot"]), tuple(row["letters"])) for row in letters["rows"]),
        schemes=tuple(_scheme(row) for row in said["schemes"]),
    )


def _scheme(row: Any) -> Scheme:
    plans = {
        plan["letter"]: (int(plan["n"]), int(plan["ac"]), int(plan["re"])) for plan in row["plans"]
    }
    return Scheme(row["severity"], row["aql"], Certainty(row["certainty"]), plans)


def _packages(said: Any) -> PackageTable:
    rows = [PackageRow(**{name: int(text) for name, text in row.items()}) for row in said["rows"]]
    return PackageTable(
        said["standard"], said["title"], said["source"], Certainty(said["certainty"]), tuple(rows)
    )
