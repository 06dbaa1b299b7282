"""Loading the built-in catalogue: again and again, and never over what a person has edited."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.act import HOUSE, Actor, transaction
from core.clock import now
from core.database.engine import db
from core.errors import Forbidden
from core.record.models import Evidence
from products.catalogue import rows
from products.catalogue.changes import Change
from products.catalogue.loader import load_catalogue
from products.catalogue.reader import read_catalogue
from products.catalogue.rows import Catalogue, Edition, Requirement
from products.commands import told
from products.models import Division, GiRecord, Product
from products.plans.models import ReleasePlan
from products.plans.service import plan_on
from products.requirements import Certainty, PlanItem
from products.standards.models import Characteristic, Standard
from products.standards.models import Edition as EditionRow
from products.standards.models import Requirement as RequirementRow
from products.standards.rules import bound_of, rulebook_for, scope_of

BUILT_IN = read_catalogue()


def loaded(session: Session, catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Load `catalogue` and say what changed."""
    with transaction(session, HOUSE) as act:
        changes = load_catalogue(act, catalogue)
    return [(change.action, change.kind, change.name) for change in changes]


def facts_on_record(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Evidence)) or 0


def with_requirement(code: str, **changes: object) -> Catalogue:
    """The catalogue with one limit told otherwise."""
    rows = tuple(
        replace(row, **changes) if row.code == code else row for row in BUILT_IN.requirements
    )
    return replace(BUILT_IN, requirements=rows)


def entry(code: str) -> Requirement:
    return next(row for row in BUILT_IN.requirements if row.code == code)


def revisions(session: Session, code: str) -> list[RequirementRow]:
    query = select(RequirementRow).where(RequirementRow.code == code)
    return list(session.scalars(query.order_by(RequirementRow.revision)))


def product(session: Session, key: str) -> Product:
    return session.scalars(select(Product).where(Product.key == key)).one()


def test_loading_again_changes_nothing_and_puts_nothing_on_record(app: Flask) -> None:
    with app.app_context():
        before = facts_on_record(db.session)
    said = app.test_cli_runner().invoke(args=["house", "load-catalogue"])
    assert said.exit_code == 0
    assert "没有变化" in said.output and "unchanged" in said.output
    with app.app_context():
        assert facts_on_record(db.session) == before


def test_every_limit_of_the_catalogue_stands_with_its_digits(session: Session) -> None:
    current = session.scalars(select(RequirementRow).where(RequirementRow.retired_at.is_(None)))
    stored = {row.code: row for row in current}
    assert stored.keys() == {row.code for row in BUILT_IN.requirements}
    for row in BUILT_IN.requirements:
        kept = stored[row.code]
        assert bound_of(kept.bound) == row.bound
        assert scope_of(kept.scope) == row.scope
        assert (kept.unit, kept.stage, kept.enforce) == (row.unit, row.stage, row.enforce)
        assert kept.clause.edition.designation == row.edition
        assert kept.certainty == row.certainty.value
    assert bound_of(stored["R001"].bound).upper == "5.0"


def test_the_rulebook_of_a_product_is_what_the_catalogue_says_of_it(session: Session) -> None:
    rulebook = rulebook_for(session, product(session, "changsha-green-tea").id)
    told_of_tea = {
        row.code for row in BUILT_IN.requirements if row.product in (None, "changsha-green-tea")
    }
    assert {row.code for row in rulebook.requirements} == told_of_tea
    assert {row.product for row in rulebook.requirements} == {None, "changsha-green-tea"}
    assert rulebook.grades == ("特级", "一级", "二级", "三级", "四级", "五级")
    everywhere = {e.designation for s in BUILT_IN.standards for e in s.editions}
    assert {edition.designation for edition in rulebook.editions} == everywhere


def test_items_of_a_plan_without_a_number_are_characteristics(session: Session) -> None:
    names = set(session.scalars(select(Characteristic.name)))
    assert {"感官品质", "净含量", "水分", "粉末"} <= names


def test_the_plan_of_the_tea_stands_and_other_products_have_none(session: Session) -> None:
    plan = plan_on(session, product(session, "changsha-green-tea").id, date(2026, 11, 8))
    assert plan is not None
    assert plan.standard == "GB/T 14456.3-2016" and plan.validity_months == 6
    assert [item.characteristic for item in plan.every_batch] == [
        "感官品质", "水分", "粉末", "净含量",
    ]  # fmt: skip
    assert plan_on(session, product(session, "changsha-green-tea").id, date(2016, 1, 1)) is None
    assert plan_on(session, product(session, "wangcheng-crayfish").id, date(2026, 11, 8)) is None


def test_an_area_that_is_not_known_whole_is_never_confirmed(session: Session) -> None:
    for row in BUILT_IN.products:
        certainty = product(session, row.key).area_certainty
        assert certainty == "confirmed" or not row.area.complete or certainty == row.area.certainty
        assert row.area.complete or certainty != "confirmed"


def test_divisions_hang_under_their_county_and_the_county_under_the_city(session: Session) -> None:
    rows = {row.code: row for row in session.scalars(select(Division))}
    county = rows["430121"]
    assert county.parent is not None and rows[county.parent].parent is None
    assert rows["430121106"].parent == "430121"


def test_a_changed_limit_is_a_new_revision_and_the_old_one_stays(session: Session) -> None:
    bound = replace(entry("R001").bound, upper="4.5")
    said = loaded(session, with_requirement("R001", bound=bound))
    assert said == [("updated", "requirement", "R001 铅（以Pb计）")]
    old, new = revisions(session, "R001")
    assert (old.revision, old.bound["upper"], old.retired_at is not None) == (1, "5.0", True)
    assert (new.revision, new.bound["upper"], new.retired_at) == (2, "4.5", None)
    kinds = session.scalars(select(Evidence.kind).where(Evidence.subject == str(new.id)))
    assert list(kinds) == ["requirement"]
    assert loaded(session, with_requirement("R001", bound=bound)) == []


def test_a_limit_that_the_catalogue_dropped_is_retired_and_may_come_back(session: Session) -> None:
    rest = tuple(row for row in BUILT_IN.requirements if row.code != "R042")
    assert loaded(session, replace(BUILT_IN, requirements=rest)) == [
        ("retired", "requirement", "R042")
    ]
    assert loaded(session, replace(BUILT_IN, requirements=rest)) == []
    loaded(session, BUILT_IN)
    assert [row.retired_at is None for row in revisions(session, "R042")] == [False, True]


def test_a_limit_that_a_person_corrected_is_kept(session: Session) -> None:
    (row,) = revisions(session, "R042")
    row.retired_at = now()
    session.flush()
    session.add(_corrected(row))
    session.commit()
    said = loaded(session, with_requirement("R042", note="另一句话"))
    assert said == [("kept", "requirement", "R042 水分")]
    assert revisions(session, "R042")[-1].bound["upper"] == "6.5"


def _corrected(row: RequirementRow) -> RequirementRow:
    names = ("code", "stage", "subject", "scope", "unit", "method", "nature", "enforce", "sources")
    return RequirementRow(
        **{name: getattr(row, name) for name in names},
        clause=row.clause, characteristic=row.characteristic, product_id=row.product_id,
        revision=2, bound={"kind": "number", "upper": "6.5"}, certainty="confirmed",
        origin="entered", created_at=now(), reason="按原文更正",
    )  # fmt: skip


def test_a_product_that_nobody_edited_follows_the_catalogue(session: Session) -> None:
    changed = _with_product("yuelu-yellow-chives", note="新的说明", aliases=("岳麓韭皇", "韭黄"))
    assert loaded(session, changed) == [("updated", "product", "岳麓韭黄")]
    row = product(session, "yuelu-yellow-chives")
    assert row.note == "新的说明" and row.version == 2
    assert {alias.name for alias in row.aliases} == {"岳麓韭皇", "韭黄"}
    assert loaded(session, changed) == []


def test_a_product_that_a_person_edited_is_kept_and_that_is_said(session: Session) -> None:
    row = product(session, "yuelu-yellow-chives")
    row.note, row.edited_at = "人改的", now()
    session.commit()
    said = loaded(session, _with_product("yuelu-yellow-chives", note="新的说明"))
    assert said == [("kept", "product", "岳麓韭黄")]
    session.expire_all()
    assert product(session, "yuelu-yellow-chives").note == "人改的"


def _with_product(key: str, **changes: object) -> Catalogue:
    rows = tuple(replace(row, **changes) if row.key == key else row for row in BUILT_IN.products)
    return replace(BUILT_IN, products=rows)


def test_a_record_that_a_person_proved_is_kept_while_its_product_follows(session: Session) -> None:
    pig = product(session, "ningxiang-pig")
    record = session.scalars(
        select(GiRecord).where(GiRecord.product_id == pig.id, GiRecord.type == "agricultural-gi")
    ).one()
    record.registrant, record.edited_at = "人填的登记人", now()
    session.commit()
    told_anew = tuple(
        replace(r, registrant="目录的登记人") for r in _entry(BUILT_IN, "ningxiang-pig").gi_records
    )
    changed = _with_product("ningxiang-pig", gi_records=told_anew, note="新的说明")
    said = loaded(session, changed)
    assert ("kept", "gi-record", "宁乡猪") in said
    assert ("updated", "product", "宁乡花猪") in said
    assert ("updated", "gi-record", "宁乡花猪") in said
    session.expire_all()
    assert record.registrant == "人填的登记人"


def _entry(catalogue: Catalogue, key: str) -> rows.Product:
    return next(row for row in catalogue.products if row.key == key)


def test_a_product_that_a_person_entered_first_is_not_entered_twice(session: Session) -> None:
    key = "ningxiang-gardenia"
    row = product(session, key)
    row.key, row.origin, row.name_en = "zhizi", "entered", "gardenia of ours"
    session.commit()
    said = loaded(session, BUILT_IN)
    assert said == [("kept", "product", row.name)]
    assert session.scalar(select(func.count()).where(Product.name == row.name)) == 1


def test_a_new_edition_closes_the_one_before_it_and_changes_nothing_else(session: Session) -> None:
    old = _edition(session, "GB/T 8302-2013")
    before = (old.designation, old.starts, old.status, old.certainty, old.note)
    newer = Edition("GB/T 8302-2030", "现行", Certainty.ONE_SOURCE, 2030, date(2030, 6, 1))
    said = loaded(session, _with_editions("GB/T 8302", newer))
    assert ("added", "edition", "GB/T 8302-2030") in said
    assert ("updated", "edition", "GB/T 8302-2013") in said
    session.expire_all()
    assert old.ends == date(2030, 5, 31)
    assert (old.designation, old.starts, old.status, old.certainty, old.note) == before


def test_an_edition_that_a_person_closed_stays_closed(session: Session) -> None:
    old = _edition(session, "GB/T 8302-2013")
    old.ends, old.edited_at = date(2027, 3, 31), now()
    session.commit()
    assert loaded(session, BUILT_IN) == [("kept", "edition", "GB/T 8302-2013")]
    assert _edition(session, "GB/T 8302-2013").ends == date(2027, 3, 31)


def _edition(session: Session, designation: str) -> EditionRow:
    return session.scalars(select(EditionRow).where(EditionRow.designation == designation)).one()


def _with_editions(number: str, *more: Edition) -> Catalogue:
    rows = tuple(
        replace(row, editions=(*row.editions, *more)) if row.number == number else row
        for row in BUILT_IN.standards
    )
    return replace(BUILT_IN, standards=rows)


def test_a_changed_plan_of_the_catalogue_takes_the_place_of_the_old_one(session: Session) -> None:
    changed = _with_plan_item("水浸出物")
    assert loaded(session, changed) == [("updated", "release-plan", "长沙绿茶")]
    assert loaded(session, changed) == []
    tea = product(session, "changsha-green-tea")
    plan = plan_on(session, tea.id, date(2026, 11, 8))
    assert plan is not None and plan.every_batch[-1].characteristic == "水浸出物"
    query = select(func.count()).where(ReleasePlan.product_id == tea.id)
    assert session.scalar(query) == 2


def test_a_plan_that_a_person_set_is_kept(session: Session) -> None:
    tea = product(session, "changsha-green-tea")
    session.add(
        ReleasePlan(
            product_id=tea.id, starts=date(2026, 1, 1), standard="GB/T 14456.3-2016",
            every_batch=[{"characteristic": "水分", "characteristic_en": "", "clause": ""}],
            type_items=[], certainty="confirmed", source="主管部门文件", origin="entered",
            created_at=now(),
        )
    )  # fmt: skip
    session.commit()
    assert loaded(session, _with_plan_item("水浸出物")) == [("kept", "release-plan", "长沙绿茶")]
    plan = plan_on(session, tea.id, date(2026, 11, 8))
    assert plan is not None and plan.source == "主管部门文件"


def _with_plan_item(name: str) -> Catalogue:
    (entry_,) = BUILT_IN.plans
    items = (*entry_.plan.every_batch, PlanItem(name, "7.2"))
    return replace(BUILT_IN, plans=(replace(entry_, plan=replace(entry_.plan, every_batch=items)),))


def test_a_new_standard_is_linked_to_its_product(session: Session) -> None:
    other = replace(BUILT_IN.standards[0], number="GB 1", editions=())
    other = replace(other, editions=(Edition("GB 1-2026", "现行", Certainty.CONFIRMED, 2026),))
    chives = _entry(BUILT_IN, "yuelu-yellow-chives")
    changed = replace(
        _with_product("yuelu-yellow-chives", standards=(*chives.standards, "GB 1")),
        standards=(*BUILT_IN.standards, other),
    )
    said = loaded(session, changed)
    assert ("added", "product-standard", "岳麓韭黄 GB 1") in said
    assert Counter(kind for _, kind, _ in said) == {
        "standard": 1, "edition": 1, "product-standard": 1,
    }  # fmt: skip
    assert session.scalars(select(Standard).where(Standard.number == "GB 1")).one()


def test_new_rows_are_told_as_counts_and_the_rest_by_name() -> None:
    lines = told(
        [
            Change("added", "standard", "GB 1"),
            Change("added", "standard", "GB 2"),
            Change("kept", "product", "岳麓韭黄"),
        ]
    )
    assert lines == [
        "新增 / added: standard 2",
        "保留（有人改过） / kept (edited by a person): product 岳麓韭黄",
    ]


def test_only_the_house_loads_its_catalogue(session: Session) -> None:
    with pytest.raises(Forbidden), transaction(session, Actor(name="nobody")) as act:
        load_catalogue(act)
