"""What the catalogue's files say of each other must hold; the first thing that does not is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import NamedTuple

from core.words import Words
from products.catalogue.rows import (
    Catalogue,
    Divisions,
    Form,
    GiRecord,
    LabelRules,
    Product,
    Requirement,
    Standard,
    Vocabulary,
)
from products.errors import RuleError
from products.numbers import PLAIN_NUMBER
from products.requirements import STAGES, Certainty, Nature, Scope, Subject, standard_of
from products.units import COUNTS, Dimension, unit

LEVELS = {
    "national-mandatory": Words("国家强制", "national, mandatory"),
    "national-recommended": Words("国家推荐", "national, recommended"),
    "sector": Words("行业", "sector"),
    "local": Words("地方", "local"),
    "group": Words("团体", "group"),
    "law": Words("法律法规", "law"),
}
BINDING = (Nature.MANDATORY, Nature.RECOMMENDED)


class Place(NamedTuple):
    """Where in the catalogue: the file, and the row by its code, key or number."""

    file: str
    row: str

    def inside(self, name: str) -> Place:
        """The place of a part of this row."""
        parts = [part for part in (self.row, name) if part not in ("", "-")]
        return Place(self.file, " · ".join(parts) or "-")


class CatalogueError(RuleError):
    """The built-in catalogue contradicts itself; `file` and `row` say where."""

    def __init__(self, at: Place, zh: str, en: str) -> None:
        super().__init__(
            "catalogue_wrong", f"{at.file}（{at.row}）：{zh}", f"{at.file} ({at.row}): {en}"
        )
        self.file = at.file
        self.row = at.row
