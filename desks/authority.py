"""The authority's desk: what waits, and the lists of batches, parties, standards and limits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy import Select, func, or_, select

from core.act import Act
from core.http.acting import current_act
from core.http.paging import page_of
from core.identity.models import PARTY_ROLES, Party
from core.identity.service import find_parties
from core.pages.views import say
from desks import authority_waiting as waiting
from desks.alarm_links import shown_alarms
from desks.form_texts import asked
from desks.role_words import ROLE_WORDS
from desks.standings import STANDINGS, standings_of, stands
from labels.alarms import open_alarms
from labels.finding import find_label
from labels.views import current_press
from products.catalogue.rows import LEVELS
from products.licences.models import Licence
from products.models import Product
from products.requirements import STAGE_NAMES, STAGES, Certainty
from products.standards.links import view_of
from products.standards.models import Characteristic, Clause, Edition, Requirement, Standard
from products.standards.queries import find_standards
from products.standards.rules import requirement_rule
from trace.batches.models import Batch
from trace.inspections.concessions import waiting_concessions
from trace.inspections.type_register import type_alarms

authority = Blueprint("authority", __name__, url_prefix="/gov", template_folder="templates")
DOUBTS = ("one-source", "shown", "confirmed")


def _stages() -> list[tuple[str, str]]:
    return [(stage, say(STAGE_NAMES[stage])) for stage in STAGES]


def _levels() -> list[tuple[str, str]]:
    return [(key, say(words)) for key, words in LEVELS.items()]


def _products(act: Act) -> list[tuple[str, str]]:
    query = select(Product.key, Product.name).order_by(Product.in_plan.desc(), Product.name)
    return [(key, name) for key, name in act.session.execute(query)]


@authority.get("/")
def overview() -> str:
    """What waits for the authority, and how the batches stand."""
    act = current_act()
    session, today = act.session, act.today
    return render_template(
        "authority/overview.html",
        holdings=waiting.limits_that_hold(session),
        stopped=waiting.stopped_batches(session),
        without_plan=waiting.products_without_plan(session, today),
        ending=waiting.licences_ending(session, today),
        conceding=waiting_concessions(session),
        lapsing=type_alarms(session, today),
        alarms=shown_alarms(act, open_alarms(act)),
        most_alarms=waiting.MOST_SHOWN,
        today=today,
        standings=STANDINGS,
        counted=waiting.batches_by_product(session, today),
    )


# --- batches ---------------------------------------------------------------------------------


@authority.get("/batches")
def batches() -> str:
    """Every batch, newest first; found by number, maker, label code, product, how it stands."""
    act = current_act()
    wanted = asked("q", "product", "state", "party")
    query = _found_batches(act, wanted)
    page = page_of(act.session, query, Batch.created_at, Batch.id, after=request.args.get("after"))
    return render_template(
        "authority/batches.html",
        page=page,
        asked=wanted,
        maker=_party_asked(act, wanted["party"]),
        searched=any(wanted.values()),
        standings=standings_of(act.session, [batch.id for batch in page.rows]),
        products=_products(act),
        states=[(standing.key, say(standing.word)) for standing in STANDINGS],
    )


def _found_batches(act: Act, wanted: dict[str, str]) -> Select[Batch]:
    query = select(Batch)
    if wanted["q"]:
        query = query.where(_matches(act, wanted["q"]))
    if wanted["product"]:
        query = query.where(Batch.product.has(Product.key == wanted["product"]))
    if wanted["state"]:
        query = query.where(stands(wanted["state"]))
    maker = _party_asked(act, wanted["party"])
    return query.where(Batch.party_id == maker.id) if maker else query


def _matches(act: Act, text: str) -> Any:
    """By number or maker; a label's code leads to the batch that it belongs to."""
    label = find_label(act.session, current_press(), text)
    conditions = [
        Batch.number.contains(text.upper(), autoescape=True),
        Batch.party.has(Party.name.icontains(text, autoescape=True)),
        Batch.party.has(Party.credit_code == text.upper()),
    ]
    if label.run is not None:
        conditions.append(Batch.id == label.run.batch_id)
    return or_(*conditions)


def _party_asked(act: Act, text: str) -> Party | None:
    try:
        return act.session.get(Party, UUID(text))
    except ValueError:
        return None


# --- parties ---------------------------------------------------------------------------------


@authority.get("/parties")
def parties() -> str:
    """Everybody who is registered; found by name or credit code, and by role."""
    act = current_act()
    wanted = asked("q", "role")
    query = find_parties(act, wanted["q"] or None, wanted["role"] or None)
    page = page_of(act.session, query, Party.created_at, Party.id, after=request.args.get("after"))
    return render_template(
        "authority/parties.html",
        page=page,
        asked=wanted,
        searched=any(wanted.values()),
        licensed=_licensed(act, [party.id for party in page.rows]),
        roles=[(role, say(ROLE_WORDS[role])) for role in PARTY_ROLES],
        role_words=ROLE_WORDS,
    )


def _licensed(act: Act, ids: list[UUID]) -> dict[UUID, list[str]]:
    """The products for which these parties hold a licence today."""
    query = (
        select(Licence.party_id, Product.name)
        .join(Product, Product.id == Licence.product_id)
        .where(Licence.party_id.in_(ids), Licence.revoked_at.is_(None))
        .where(Licence.starts <= act.today)
        .where(or_(Licence.ends.is_(None), Licence.ends >= act.today))
        .order_by(Product.name)
    )
    held: dict[UUID, list[str]] = {}
    for party, product in act.session.execute(query):
        if product not in held.setdefault(party, []):
            held[party].append(product)
    return held


# --- standards and limits --------------------------------------------------------------------


@authority.get("/standards")
def standards() -> str:
    """The standards with their editions; found by number or title, level and stage."""
    act = current_act()
    wanted = asked("q", "level", "stage")
    query = find_standards(
        act, wanted["q"] or None, wanted["level"] or None, wanted["stage"] or None
    )
    page = page_of(
        act.session, query, Standard.created_at, Standard.id, after=request.args.get("after")
    )
    return render_template(
        "authority/standards.html",
        page=page,
        asked=wanted,
        levels=_levels(),
        level_words=LEVELS,
        stages=_stages(),
        unsure=_count_unsure(act),
    )


def _count_unsure(act: Act) -> int:
    """How many limits that could decide something rest on one source."""
    query = select(func.count()).select_from(Requirement).where(Requirement.retired_at.is_(None))
    return act.session.scalar(query.where(*_certainty("one-source"))) or 0


@authority.get("/requirements")
def requirements() -> str:
    """Every current limit; found by item, standard, product, stage and how sure it is."""
    act = current_act()
    wanted = asked("q", "product", "stage", "sure")
    page = page_of(
        act.session,
        _found_limits(wanted),
        Requirement.created_at,
        Requirement.id,
        after=request.args.get("after"),
    )
    return render_template(
        "authority/requirements.html",
        page=page,
        views=[view_of(requirement_rule(act.session, row)) for row in page.rows],
        asked=wanted,
        products=_products(act),
        product_names=dict(_products(act)),
        stages=_stages(),
        stage_names=STAGE_NAMES,
    )


def _found_limits(wanted: dict[str, str]) -> Select[Requirement]:
    query = (
        select(Requirement)
        .join(Clause, Clause.id == Requirement.clause_id)
        .join(Edition, Edition.id == Clause.edition_id)
        .join(Characteristic, Characteristic.id == Requirement.characteristic_id)
        .where(Requirement.retired_at.is_(None))
    )
    if wanted["q"]:
        columns = (Characteristic.name, Characteristic.name_en, Edition.designation)
        words = [column.icontains(wanted["q"], autoescape=True) for column in columns]
        query = query.where(or_(*words, Requirement.code == wanted["q"].upper()))
    if wanted["product"]:
        named = select(Product.id).where(Product.key == wanted["product"])
        query = query.where(Requirement.product_id.in_(named))
    if wanted["stage"]:
        query = query.where(Requirement.stage == wanted["stage"])
    return query.where(*_certainty(wanted["sure"]))


def _certainty(sure: str) -> list[Any]:
    """Conditions for limits: 待核实, only shown, confirmed; none for anything else."""
    if sure not in DOUBTS:
        return []
    if sure == "shown":
        return [Requirement.enforce.is_(False)]
    known = Certainty.CONFIRMED if sure == "confirmed" else Certainty.ONE_SOURCE
    return [Requirement.enforce.is_(True), Requirement.certainty == known.value]
