"""What an authority enters about standards, checked before anything is stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from core.errors import FieldFault, fault
from products.bounds import MEASURED
from products.catalogue.checks import BINDING
from products.errors import RuleError
from products.models import Product
from products.parts import TERM_FIELDS
from products.requirements import BUYER, Bound, Scope, standard_of
from products.units import unit

_YEAR = re.compile(r"(\d{4})[）)]?$")


@dataclass(frozen=True)
class StandardDraft:
    """A standard under its number without year; `source` says where it was read.

    Without a number: a producer's entry of a buyer's specification.
    """

    title: str
    title_en: str
    level: str
    stages: Sequence[str]
    source: str
    number: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class EditionDraft:
    """An edition with its days in force, both included; `source` is the official announcement."""

    designation: str
    starts: date
    source: str
    ends: date | None = None
    status: str | None = None
    note: str | None = None
    evidence: UUID | None = None


@dataclass(frozen=True)
class RequirementDraft:
    """A limit as read in a clause; `product` is an id or key, None for every product.

    A characteristic that is new needs its English name.
    """

    stage: str
    characteristic: str
    bound: Bound
    nature: str
    certainty: str
    source: str
    characteristic_en: str = ""
    unit: str = ""
    subject: str = "batch"
    scope: Scope = field(default_factory=Scope)
    product: str | None = None
    method: str | None = None
    enforce: bool = True
    note: str | None = None
    evidence: UUID | None = None


@dataclass(frozen=True)
class Proof:
    """What proves a limit: the official text in words, or a stored document of it, or both."""

    source: str | None = None
    evidence: UUID | None = None
    note: str | None = None
    enforce: bool | None = None


@dataclass(frozen=True)
class Amendment:
    """What the official text says instead; None leaves a field as it is."""

    reason: str
    source: str | None = None
    evidence: UUID | None = None
    bound: Bound | None = None
    unit: str | None = None
    scope: Scope | None = None
    method: str | None = None
    nature: str | None = None
    enforce: bool | None = None
    note: str | None = None


def number_key(number: str) -> str:
    """One spelling of a standard's number: GB2762, gb 2762 and ＧＢ 2762 are one."""
    return "".join(unicodedata.normalize("NFKC", number).split()).casefold()


def year_of(designation: str) -> int | None:
    """The year in an edition's designation, if it has one."""
    found = _YEAR.search(designation)
    return int(found[1]) if found else None


def number_faults(draft: StandardDraft, *, own: bool) -> Iterator[FieldFault]:
    """A standard stands under its number; the year belongs to the edition.

    A producer's `own` enterprise standard is a Q/ one; a specification that it enters has none.
    """
    number = draft.number
    if number is None:
        if not (own and draft.level == BUYER):
            yield fault("/number", "必填", "Required")
        return
    if own and draft.level == BUYER:
        yield fault(
            "/number",
            "采购方规格的编号由系统给；合同号或规格号请写在名称里",
            "The number of a buyer's specification is given here; put the contract in its title",
        )
    elif own and not number.startswith("Q/"):
        yield fault(
            "/number",
            "企业标准的代号以 Q/ 开头，例如 Q/ABC 0001S",
            "The number of an enterprise standard begins with Q/, for example Q/ABC 0001S",
        )
    if standard_of(number) != number:
        yield fault(
            "/number",
            f"标准号不带年号，请填 {standard_of(number)}；年号写在版本里",
            f"Give the number without its year, {standard_of(number)}; the year is the edition's",
        )


def edition_faults(draft: EditionDraft, number: str) -> Iterator[FieldFault]:
    """An edition is named after its standard and ends after it began."""
    if standard_of(draft.designation) != number or draft.designation == number:
        yield fault(
            "/designation",
            f"版本号应为 {number} 加年号，例如 {number}-2026",
            f"An edition is {number} with its year, for example {number}-2026",
        )
    if draft.ends is not None and draft.ends < draft.starts:
        yield fault("/ends", "止日不能早于起始日", "The last day is before the first")


def requirement_faults(draft: RequirementDraft, product: Product | None) -> Iterator[FieldFault]:
    """What cannot stand in a limit, field by field."""
    yield from unit_faults(draft.bound, draft.unit)
    yield from scope_faults(draft.scope, draft.subject, product)
    yield from weight_faults(draft.nature, draft.certainty, draft.enforce, draft.subject)


def own_faults(draft: RequirementDraft) -> Iterator[FieldFault]:
    """What a producer may not put into its own standard: it binds its goods, and nobody else's."""
    if draft.product is None:
        yield fault("/product", "请说明管哪个产品", "Say for which product it is")
    if draft.subject == "party":
        yield fault("/subject", "自己的标准管批次或包装", "An own standard is for batch or package")
    if draft.certainty != "confirmed":
        yield fault(
            "/certainty", "自己的标准就是原文，选“已核实”", "An own text is certain: confirmed"
        )
    yield from own_nature_faults(draft.nature)


def own_nature_faults(nature: str | None) -> Iterator[FieldFault]:
    """A producer's own limit binds the goods that declare it, so it is a recommended one."""
    if nature not in (None, "recommended"):
        yield fault(
            "/nature",
            "自己的标准只能是推荐性的：批次声明了才约束",
            "An own standard is a recommended one: it binds the goods that declare it",
        )


def unit_faults(bound: Bound, symbol: str) -> Iterator[FieldFault]:
    """A measured limit has a unit of the table."""
    if bound.kind in MEASURED and not symbol:
        yield fault("/unit", "数值限量要有单位", "A measured limit needs its unit")
    elif symbol:
        yield from _unit_fault(symbol, "/unit")


def _unit_fault(symbol: str, pointer: str) -> Iterator[FieldFault]:
    try:
        unit(symbol)
    except RuleError as wrong:
        yield FieldFault(pointer, wrong.words)


def scope_faults(scope: Scope, subject: str, product: Product | None) -> Iterator[FieldFault]:
    """Every word of a scope is one of the product; a limit for all products has none."""
    if scope.when is not None:
        yield from _unit_fault(scope.when.unit, "/scope/when/unit")
        if subject != "package":
            yield fault("/scope/when", "条件只用于包装", "A condition is for packages only")
    for name, kind in TERM_FIELDS.items():
        words: tuple[str, ...] = getattr(scope, name)
        if words and product is None:
            yield fault(
                f"/scope/{name}", "适用于所有产品的要求不分范围", "A limit for all has no scope"
            )
            continue
        known = product.names(kind) if product else ()
        for word in words:
            if word not in known:
                listed = "、".join(known) or "（没有）"
                yield fault(
                    f"/scope/{name}",
                    f"产品词表里没有“{word}”，可选：{listed}",
                    f"The product has no {kind} {word}; known: {', '.join(known) or 'none'}",
                )


def weight_faults(nature: str, certainty: str, enforce: bool, subject: str) -> Iterator[FieldFault]:
    """Only what binds, and has a source, may decide anything about a batch or package."""
    if not enforce or subject == "party":
        return
    if nature not in BINDING:
        yield fault("/enforce", "该性质不参与判定", "A limit of this nature decides nothing")
    if certainty == "unverified":
        yield fault(
            "/enforce",
            "没有核实的限量不能参与判定",
            "A limit that is not verified decides nothing",
        )
