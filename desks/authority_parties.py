"""Parties: registering, changing, and the page of one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.http.acting import current_act, writes
from core.http.versions import check_if_match
from core.identity import service
from core.identity.models import PARTY_ROLES, Account, Party
from core.identity.schemas import PartyChange, PartyIn
from core.pages.drawing import State
from core.pages.views import say
from desks.form_texts import at_groups, cleared, texts
from desks.forms import Entered, attempt, loaded
from desks.role_words import ROLE_WORDS
from products.licences.models import Licence
from products.models import GiRecord, Product
from trace.batches.models import Batch

authority_parties = Blueprint(
    "authority_parties", __name__, url_prefix="/gov/parties", template_folder="templates"
)
_TEXTS = ("name", "short_name", "address", "contact")


@authority_parties.get("/new")
def register() -> str:
    """The form that registers a party."""
    return _form(Entered())


@authority_parties.post("/new")
def register_party() -> Response:
    """Register a party."""
    return attempt(_register, lambda entered: _form(at_groups(entered, "roles")))


def _form(entered: Entered, party: Party | None = None) -> str:
    return render_template(
        "authority/party_form.html",
        entered=entered,
        party=party,
        roles=[(role, say(ROLE_WORDS[role])) for role in PARTY_ROLES],
    )


@writes
def _register() -> AnyResponse:
    act = current_act()
    values = {**texts((*_TEXTS, "credit_code")), "roles": request.form.getlist("roles")}
    draft = loaded(PartyIn(), values)
    party = service.register_party(act, service.PartyDraft(**draft))
    flash(_("%(name)s已登记。接下来请一位成员。", name=party.name), "pass")
    _warn(act, party)
    return redirect(url_for("authority_parties.party", party_id=party.id), 303)


def _warn(act: Act, party: Party) -> None:
    for words in service.name_warnings(act, party):
        flash(say(words), "wait")


@authority_parties.get("/<uuid:party_id>/edit")
def change(party_id: UUID) -> str:
    """The form that changes a party."""
    return _form(Entered(), service.visible_party(current_act(), party_id))


@authority_parties.post("/<uuid:party_id>/edit")
def change_party(party_id: UUID) -> Response:
    """Change a party; its credit code stays."""
    service.visible_party(current_act(), party_id)
    return attempt(
        lambda: _change(party_id),
        lambda e: _form(at_groups(e, "roles"), service.visible_party(current_act(), party_id)),
    )


@writes
def _change(party_id: UUID) -> AnyResponse:
    act = current_act()
    values = {**cleared(_TEXTS), "roles": request.form.getlist("roles")}
    changes = loaded(PartyChange(), values)
    party = service.update_party(act, party_id, changes, check_if_match)
    flash(_("已改好。"), "pass")
    _warn(act, party)
    return redirect(url_for("authority_parties.party", party_id=party.id), 303)


# --- one party -------------------------------------------------------------------------------


@authority_parties.get("/<uuid:party_id>")
def party(party_id: UUID) -> str:
    """A party: what it is, what it may label, who acts for it."""
    act = current_act()
    row = service.visible_party(act, party_id)
    accounts = service.members_of(act, party_id).order_by(Account.created_at, Account.id)
    batches = select(func.count()).select_from(Batch).where(Batch.party_id == party_id)
    return render_template(
        "authority/party.html",
        party=row,
        role_words=ROLE_WORDS,
        licences=_licences(act, party_id),
        accounts=list(act.session.scalars(accounts).unique()),
        batch_count=act.session.scalar(batches) or 0,
        today=act.today,
    )


def _licences(act: Act, party_id: UUID) -> list[dict[str, object]]:
    """Every licence of a party, the newest first, with what it is for and how it stands."""
    query = (
        select(Licence, Product, GiRecord)
        .join(Product, Product.id == Licence.product_id)
        .outerjoin(GiRecord, GiRecord.id == Licence.gi_record_id)
        .where(Licence.party_id == party_id)
        .order_by(Licence.granted_at.desc(), Licence.id)
    )
    return [
        {
            "licence": licence,
            "product": product,
            "record": record,
            "standing": licence_standing(licence, act.today),
        }
        for licence, product, record in act.session.execute(query).unique()
    ]


def licence_standing(licence: Licence, today: date) -> tuple[State, str]:
    """How a licence stands today: revoked, ended, not begun, or valid."""
    if licence.revoked_at is not None:
        return "fail", str(_("已撤销"))
    if licence.ends is not None and licence.ends < today:
        return "none", str(_("已到期"))
    if licence.starts > today:
        return "wait", str(_("还没开始"))
    return "pass", str(_("有效"))
