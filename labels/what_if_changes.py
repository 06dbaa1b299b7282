"""The changes of rules that one can look ahead at: each is the verb that would make it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from core.act import Act
from labels.what_if import Change
from products.plans.service import PlanDraft, set_release_plan
from products.service import product_named
from products.standards.drafts import Amendment, EditionDraft, Proof, RequirementDraft
from products.standards.limits import add_requirement, confirm_requirement, correct_requirement
from products.standards.service import add_clause, publish_edition


def new_edition(
    standard_id: UUID, draft: EditionDraft, limits: Sequence[tuple[str, RequirementDraft]] = ()
) -> Change:
    """An edition is published, with these limits by the number of their clause."""

    def change(act: Act) -> Collection[UUID]:
        made = publish_edition(act, standard_id, draft)
        touched = set(made.touched.products)
        clauses: dict[str, UUID] = {}
        for number, limit in limits:
            if number not in clauses:
                clauses[number] = add_clause(act, made.edition.id, number, None).id
            touched.update(add_requirement(act, clauses[number], limit).touched.products)
        return touched

    return change


def new_limit(clause_id: UUID, draft: RequirementDraft) -> Change:
    """A limit is entered."""
    return lambda act: add_requirement(act, clause_id, draft).touched.products


def confirmed_limit(requirement_id: UUID, proof: Proof) -> Change:
    """A limit is confirmed."""
    return lambda act: confirm_requirement(act, requirement_id, proof).touched.products


def corrected_limit(requirement_id: UUID, amendment: Amendment) -> Change:
    """A limit is corrected."""
    return lambda act: correct_requirement(act, requirement_id, amendment).touched.products


def new_plan(product: str, draft: PlanDraft) -> Change:
    """A release plan is set for a product, by id or key."""

    def change(act: Act) -> Collection[UUID]:
        product_id = product_named(act.session, product).id
        set_release_plan(act, product_id, draft)
        return [product_id]

    return change
