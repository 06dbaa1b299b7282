"""What is to be inspected: proposed by the release plan of the day and the risk items in force."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Invalid, fault
from products.models import Product
from products.plans.service import plan_on
from products.requirements import ReleasePlan, Requirement, Subject
from products.rulebook import requirements_in_force
from products.standards.models import Characteristic
from products.standards.rules import rulebook_for
from trace.sampling.models import TYPE
from trace.sampling.risks import risks_in_force

PLAN, OF_TYPE, RISK, ASKED = "plan", "type", "risk", "asked"
MOST_ITEMS = 500


@dataclass(frozen=True)
class OrderItem:
    """A characteristic to inspect, why, and the clause that asks it."""

    characteristic: str
    why: str
    clause: str = ""

    def as_dict(self) -> dict[str, str]:
        """For the database and the record."""
        return {"characteristic": self.characteristic, "why": self.why, "clause": self.clause}


def proposed_items(
    session: Session, product: Product, kind: str, on: date, today: date
) -> list[OrderItem]:
    """Each item once: risks in force today, then the plan of `on`.

    A type inspection has the plan's type items, any other order its items of every batch.
    """
    items = [
        OrderItem(row.characteristic, RISK, row.source)
        for row in risks_in_force(session, product.id, today)
    ]
    plan = plan_on(session, product.id, on)
    if plan is not None and kind == TYPE:
        items += _type_items(session, product, plan, on)
    elif plan is not None:
        items += [
            OrderItem(item.characteristic, PLAN, f"{plan.standard} {item.clause}".strip())
            for item in plan.every_batch
        ]
    return list({item.characteristic: item for item in reversed(items)}.values())[::-1]


def _type_items(session: Session, product: Product, plan: ReleasePlan, on: date) -> list[OrderItem]:
    """Those that the plan lists; where it lists none, every enforced limit of stage testing."""
    rules = [
        rule
        for rule in requirements_in_force(rulebook_for(session, product.id), on)
        if rule.stage == "testing" and rule.enforce and rule.subject is not Subject.PARTY
    ]
    names: Iterable[str] = plan.type_items or ()
    if plan.type_items is None:
        names = dict.fromkeys(rule.characteristic for rule in rules)
    return [OrderItem(name, OF_TYPE, _clause(name, rules)) for name in names]


def _clause(name: str, rules: Sequence[Requirement]) -> str:
    found = next((rule for rule in rules if rule.characteristic == name), None)
    return f"{found.edition.designation} {found.clause}".strip() if found else ""


def chosen_items(
    session: Session, proposed: Sequence[OrderItem], chosen: Sequence[str] | None
) -> list[OrderItem]:
    """The proposed ones that were chosen, all risks, and what else was asked for.

    None takes everything that is proposed. Raises Invalid at an item that nobody knows, or where
    nothing is left to inspect.
    """
    known = {item.characteristic: item for item in proposed}
    names = list(dict.fromkeys(known if chosen is None else chosen))
    strange = [name for name in names if name not in known]
    query = select(Characteristic.name).where(Characteristic.name.in_(strange))
    held = set(session.scalars(query))
    faults = [
        fault(
            f"/items/{place}",
            f"目录里没有“{name}”这个检验项目",
            f"There is no characteristic {name} in the catalogue",
        )
        for place, name in enumerate(names)
        if name not in known and name not in held
    ]
    risks = [item.characteristic for item in proposed if item.why == RISK]
    if not names and not risks:
        faults.append(
            fault(
                "/items",
                "至少写一个检验项目；这个产品还没有放行方案，要自己写",
                "Name at least one item to inspect",
            )
        )
    if faults:
        raise Invalid("items-invalid", faults[0].message, faults)
    every = dict.fromkeys([*risks, *names])
    return [known.get(name, OrderItem(name, ASKED)) for name in every]
