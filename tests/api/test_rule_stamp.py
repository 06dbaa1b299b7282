"""A rulebook is kept in the process, and never longer than the rules stay as they are."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from core.clock import now
from core.database.engine import db
from products.models import Product, ProductTerm
from products.plans.models import ReleasePlan
from products.requirements import Bound, BoundKind
from products.standards import stamp
from products.standards.models import Characteristic, Clause, Edition, Requirement, Standard
from products.standards.rules import bound_json, rulebook_for
from products.standards.stamp import rules_stamp
from tests.people import People

TEA = "changsha-green-tea"
Change = Callable[[Session], object]


def _first(session: Session, model: type) -> object:
    return session.scalars(select(model).limit(1)).one()


def _retire(session: Session) -> None:
    row = session.scalars(select(Requirement).where(Requirement.retired_at.is_(None))).first()
    assert row is not None
    row.retired_at = now()


CHANGES: dict[str, Change] = {
    "a limit retired": _retire,
    "a clause renumbered": lambda s: s.execute(update(Clause).values(title="x")),
    "an edition closed": lambda s: s.execute(update(Edition).values(status="x")),
    "a standard renamed": lambda s: s.execute(update(Standard).values(note="x")),
    "a characteristic renamed": lambda s: s.execute(update(Characteristic).values(name_en="x")),
    "a characteristic added": lambda s: s.execute(
        insert(Characteristic).values(id=uuid.uuid4(), name="新项目", name_en="new")
    ),
    "a word taken away": lambda s: s.execute(delete(ProductTerm).where(ProductTerm.rank == 1)),
    "a word added": lambda s: s.add(
        ProductTerm(product_id=_first(s, Product).id, kind="grade", name="新等级", rank=99)  # type: ignore[attr-defined]
    ),
    "a release plan ended": lambda s: s.execute(update(ReleasePlan).values(source="x")),
    "a product's key changed": lambda s: s.execute(
        update(Product).where(Product.key == TEA).values(key="other-key")
    ),
}


@pytest.fixture
def tea(people: People) -> uuid.UUID:
    return people.product(TEA)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_a_rule_draws_a_new_stamp_at_once_and_for_good(
    session: Session, change: Change
) -> None:
    before = rules_stamp(session)
    change(session)
    within = rules_stamp(session)
    session.commit()
    assert before and within not in (None, before)
    assert rules_stamp(session) != before
    session.rollback()


def test_what_is_no_rule_leaves_the_stamp_alone(session: Session) -> None:
    before = rules_stamp(session)
    session.execute(update(Product).where(Product.key == TEA).values(note="x"))
    assert rules_stamp(session) == before
    session.commit()
    assert rules_stamp(session) == before


def test_while_no_rule_changes_the_rulebook_is_the_same_object(
    session: Session, tea: uuid.UUID
) -> None:
    assert rulebook_for(session, tea) is rulebook_for(session, tea)


def test_a_transaction_sees_its_own_change_and_takes_it_with_it_when_it_is_undone(
    session: Session, tea: uuid.UUID
) -> None:
    before = rulebook_for(session, tea)
    row = session.scalars(
        select(Requirement).where(Requirement.product_id == tea, Requirement.retired_at.is_(None))
    ).first()
    assert row is not None
    row.retired_at = now()
    within = rulebook_for(session, tea)
    assert len(within.requirements) == len(before.requirements) - 1
    session.rollback()
    assert rulebook_for(session, tea) == before


def test_an_undone_change_never_comes_back_under_the_stamp_of_the_next(
    session: Session, tea: uuid.UUID
) -> None:
    """A stamp that counts would be the same for both, and the first would be served as the second."""
    names = []
    for name in ("甲级", "乙级"):
        session.add(ProductTerm(product_id=tea, kind="grade", name=name, rank=99))
        names.append(rulebook_for(session, tea).grades[-1])
        session.rollback()
    assert names == ["甲级", "乙级"]


def test_what_one_session_commits_the_other_sees_at_its_next_look(
    app: Flask, session: Session, tea: uuid.UUID
) -> None:
    before = rulebook_for(session, tea)
    session.rollback()
    with app.app_context():
        db.session.add(ProductTerm(product_id=tea, kind="grade", name="新等级", rank=99))
        assert rulebook_for(session, tea) is before
        session.rollback()
        db.session.commit()
    assert rulebook_for(session, tea).grades == (*before.grades, "新等级")


def test_two_who_change_rules_at_once_never_keep_each_others_half(
    app: Flask, session: Session, tea: uuid.UUID, engine: str
) -> None:
    session.add(ProductTerm(product_id=tea, kind="grade", name="甲级", rank=98))
    assert rulebook_for(session, tea).grades[-1] == "甲级"
    if engine == "sqlite":
        session.commit()  # it has one writer: the other waits for this one
    with app.app_context():
        db.session.add(ProductTerm(product_id=tea, kind="grade", name="乙级", rank=99))
        assert rulebook_for(db.session, tea).grades[-1] == "乙级"
        db.session.commit()
    assert rulebook_for(session, tea).grades[-2:] == ("甲级", "乙级")
    session.commit()
    assert rulebook_for(session, tea).grades[-2:] == ("甲级", "乙级")


def test_without_a_stamp_nothing_is_kept(session: Session, tea: uuid.UUID) -> None:
    session.execute(text("DELETE FROM rule_stamp"))
    assert rules_stamp(session) is None
    assert rulebook_for(session, tea) is not rulebook_for(session, tea)
    session.rollback()


def test_no_more_rulebooks_are_kept_than_a_process_can_afford(
    session: Session, tea: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamp, "LARGEST", 3)
    for product in session.scalars(select(Product.id)):
        rulebook_for(session, product)
    assert len(stamp._kept) <= 3
    kept = rulebook_for(session, tea)
    assert rulebook_for(session, tea) is kept


def test_a_limit_entered_past_all_verbs_counts_at_once(session: Session, tea: uuid.UUID) -> None:
    before = rulebook_for(session, tea)
    pattern = session.scalars(select(Requirement).where(Requirement.product_id == tea)).first()
    assert pattern is not None
    columns = {c.name: getattr(pattern, c.name) for c in Requirement.__table__.columns}
    bound = bound_json(Bound(BoundKind.NUMBER, upper="1.0"))
    session.execute(
        insert(Requirement).values(
            {**columns, "id": uuid.uuid4(), "code": "E0000001", "bound": bound, "retired_at": None}
        )
    )
    assert "E0000001" in {r.code for r in rulebook_for(session, tea).requirements}
    session.rollback()
    assert rulebook_for(session, tea) == before
