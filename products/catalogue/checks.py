"""What the catalogue's files say of each other must hold; the first thing that does not is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from products.catalogue.rows import (
    LEVELS,
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
from products.units import COUNTS, Dimension, Unit, UnitError, unit

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


def check(catalogue: Catalogue) -> None:
    """Raises CatalogueError for the first thing in the catalogue that does not hold."""
    _check_divisions(catalogue.divisions)
    _check_standards(catalogue.standards)
    editions = {e.designation for s in catalogue.standards for e in s.editions}
    _check_label_rules(catalogue.label_rules, editions)
    _check_products(catalogue)
    _check_requirements(catalogue, editions)
    _check_plans(catalogue, editions)


def _need(holds: bool, at: Place, zh: str, en: str) -> None:
    if not holds:
        raise CatalogueError(at, zh, en)


def _once(words: Iterable[str], at: Place) -> None:
    """Nothing may be there twice."""
    for word, times in Counter(words).items():
        _need(times == 1, at.inside(word), "重复", "appears more than once")


def _known(words: Iterable[str], known: Iterable[str], at: Place) -> None:
    """Everything referred to must exist."""
    existing = frozenset(known)
    for word in words:
        _need(word in existing, at, f"没有“{word}”", f'there is no "{word}"')


def _check_divisions(divisions: Divisions) -> None:
    at = Place("divisions.yaml", "-")
    counties = {county.code for county in divisions.counties}
    townships = [t.code for county in divisions.counties for t in county.townships]
    _once([county.code for county in divisions.counties] + townships, at)
    for county in divisions.counties:
        for township in county.townships:
            here = township.code.startswith(county.code)
            _need(here, at.inside(township.code), "不属于该县", "is not of this county")
    _once((old.county + old.name for old in divisions.aliases + divisions.abolished), at)
    _known((old.county for old in divisions.aliases + divisions.abolished), counties, at)
    _known((str(old.code) for old in divisions.aliases), townships, at)
    for old in divisions.abolished:
        _need(old.code is None, at.inside(old.name), "已撤销，不应有代码", "abolished: no code")


def _check_standards(standards: Iterable[Standard]) -> None:
    at = Place("standards.yaml", "-")
    _once((standard.number for standard in standards), at)
    _once((edition.designation for s in standards for edition in s.editions), at)
    for standard in standards:
        here = at.inside(standard.number)
        _known([standard.level], LEVELS, here)
        _known(standard.stages, STAGES, here)
        _need(bool(standard.editions), here, "至少要有一个版本", "needs an edition")
        _check_editions(standard, here)


def _check_editions(standard: Standard, at: Place) -> None:
    """Each edition is of this standard, and ends the day before the next one starts."""
    for edition in standard.editions:
        here = at.inside(edition.designation)
        ours = standard_of(edition.designation) == standard.number
        _need(ours, here, f"不是 {standard.number} 的版本", f"is no edition of {standard.number}")
        year = re.search(r"[-（](\d{4})）?$", edition.designation)
        _need(edition.year == (int(year[1]) if year else None), here, "年号不符", "wrong year")
        sure = edition.starts is not None or not edition.starts_certain
        _need(sure, here, "没有起始日却标为确定", "a first day that is not given cannot be certain")
    for before, after in pairwise(standard.editions):
        here = at.inside(before.designation)
        _need((before.year or 0) < (after.year or 0), here, "版本须从旧到新", "oldest first")
        if before.ends and after.starts:
            meets = before.ends + timedelta(days=1) == after.starts
            _need(
                meets, here, "止日须为下一版实施的前一日", "must end the day before the next starts"
            )


def _check_label_rules(rules: LabelRules, editions: Iterable[str]) -> None:
    at = Place("label_rules.yaml", "-")
    names = [field.key for field in rules.fields]
    formats = [format_.key for format_ in rules.number_formats]
    _once(names, at)
    _once(formats, at)
    _once((kind.key for kind in rules.gi_types), at)
    _known(rules.always, names, at)
    _known([rules.edition], editions, at)
    for kind in rules.gi_types:
        _known(kind.carries, names, at.inside(kind.key))
        _known(kind.number_formats, formats, at.inside(kind.key))
    for format_ in rules.number_formats:
        fits = re.search(format_.pattern, format_.example) is not None
        _need(fits, at.inside(format_.key), "例子不合格式", "the example does not fit the pattern")


def _check_products(catalogue: Catalogue) -> None:
    at = Place("products.yaml", "-")
    products = catalogue.products
    _once((product.key for product in products), at)
    _once((name for product in products for name in (product.name, *product.aliases)), at)
    numbers = [standard.number for standard in catalogue.standards]
    for product in products:
        here = at.inside(product.key)
        _known(product.standards, numbers, here)
        _check_area(product, catalogue.divisions, here.inside("area"))
        _check_vocabulary(product.vocabulary, here.inside("vocabulary"))
        for record in product.gi_records:
            _check_record(record, catalogue.label_rules, here.inside("gi_records"))


def _check_area(product: Product, divisions: Divisions, at: Place) -> None:
    codes = divisions.names()
    _known(product.counties, codes, at)
    _known(product.area.counties + product.area.townships, codes, at)
    old = divisions.aliases + divisions.abolished
    _known(product.area.old_names, (o.name for o in old if o.county in product.counties), at)


def _check_vocabulary(words: Vocabulary, at: Place) -> None:
    for name in ("grades", "forms", "processes", "conditions", "matrices"):
        _once(words.terms(name), at.inside(name))
    _known([words.default_form], words.terms("forms"), at.inside("default_form"))
    for form in words.forms:
        _check_form(form, at.inside(form.name))


def _check_form(form: Form, at: Place) -> None:
    """Mass is typed in units of mass, a count in one unit of counting."""
    kinds = {_unit(symbol, at).dimension for symbol in form.units}
    fits = kinds == {Dimension.MASS} if form.base == "mass" else len(kinds) == 1 and kinds < COUNTS
    _need(fits and form.base in ("mass", "count"), at, "单位与计量方式不符", "units do not fit")


def _unit(symbol: str, at: Place) -> Unit:
    try:
        return unit(symbol)
    except UnitError as error:
        raise CatalogueError(at, error.words.zh, error.words.en) from error


def _check_record(record: GiRecord, rules: LabelRules, at: Place) -> None:
    """A number must look like the numbers of its kind of right."""
    kinds = {kind.key: kind for kind in rules.gi_types}
    _known([record.type], kinds, at)
    formats = [f for f in rules.number_formats if f.key in kinds[record.type].number_formats]
    fits = record.number is None or any(re.search(f.pattern, record.number) for f in formats)
    _need(fits, at, f"编号 {record.number} 不合格式", f"{record.number} is no such number")


def _check_requirements(catalogue: Catalogue, editions: Iterable[str]) -> None:
    products = {product.key: product for product in catalogue.products}
    english: dict[str, str] = {}
    _once((row.code for row in catalogue.requirements), Place("requirements/", "-"))
    for row in catalogue.requirements:
        at = Place(f"requirements/{row.product or 'every-product'}.yaml", row.code)
        _known([row.stage], STAGES, at)
        _known([row.edition], editions, at)
        _known([row.product] if row.product else [], products, at)
        same = (
            english.setdefault(row.characteristic, row.characteristic_en) == row.characteristic_en
        )
        _need(same, at, "同一项目有两个英文名", "one characteristic has two English names")
        _check_bound(row, at)
        _check_nature(row, at)
        _check_scope(row, products.get(row.product or ""), at)


def _check_bound(row: Requirement, at: Place) -> None:
    """Limits are plain digits, so that 修约 can count them; the unit is one of the table."""
    _unit(row.unit, at)
    for limit in row.bound.limits:
        plain = PLAIN_NUMBER.fullmatch(limit) is not None
        _need(plain, at, f"限量“{limit}”不是普通数字", f'the limit "{limit}" is not plain digits')


def _check_nature(row: Requirement, at: Place) -> None:
    """Only what binds, and has a source, may decide anything about a batch or package."""
    if row.enforce and row.subject is not Subject.PARTY:
        _need(row.nature in BINDING, at, "该性质不参与判定", "this nature decides nothing")
    unsure = row.enforce and row.certainty is Certainty.UNVERIFIED
    _need(not unsure, at, "没有来源的限量不能参与判定", "a limit without a source decides nothing")


def _check_scope(row: Requirement, product: Product | None, at: Place) -> None:
    """Every term is a word of the product; a product lists the standards that bind it."""
    here = at.inside("scope")
    if row.scope.when is not None:
        package = row.subject is Subject.PACKAGE
        _need(package, here, "条件只用于包装", "a condition is for packages only")
        _unit(row.scope.when.unit, here)
    if product is None:
        _need(row.scope == Scope(), here, "通用要求不分范围", "a row for all products has no scope")
        return
    for name in ("grades", "forms", "processes", "conditions", "matrices"):
        _known(getattr(row.scope, name), product.vocabulary.terms(name), here)
    if row.nature is not Nature.BENCHMARK:
        _known([standard_of(row.edition)], product.standards, at)


def _check_plans(catalogue: Catalogue, editions: Iterable[str]) -> None:
    at = Place("plans.yaml", "-")
    _once((plan.product for plan in catalogue.plans), at)
    for plan in catalogue.plans:
        _known([plan.product], (product.key for product in catalogue.products), at)
        _known([plan.plan.standard], editions, at.inside(plan.product))
