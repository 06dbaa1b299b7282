"""Licences: which party may label which product, from when to when, and taking that back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.http.acting import current_act, writes
from core.identity.models import Party
from core.identity.service import visible_party
from desks.form_texts import texts
from desks.forms import Entered, attempt, loaded
from desks.public_product import gi_type_words
from desks.standings import RELEASED, stands
from products.licences.models import Licence
from products.licences.schemas import LicenceIn, RevokeIn
from products.licences.service import LicenceDraft, grant_licence, visible_licence
from products.models import GiRecord, Product
from trace.batches.models import Batch
from trace.inspections.rejudge import take_licence

authority_licences = Blueprint(
    "authority_licences", __name__, url_prefix="/gov", template_folder="templates"
)


@authority_licences.get("/parties/<uuid:party_id>/licences/new")
def grant(party_id: UUID) -> str:
    """The form that licenses a party for a product."""
    return _form(party_id, Entered())


@authority_licences.post("/parties/<uuid:party_id>/licences/new")
def grant_party(party_id: UUID) -> Response:
    """License a party."""
    visible_party(current_act(), party_id)
    return attempt(lambda: _grant(party_id), lambda entered: _form(party_id, entered))


def _form(party_id: UUID, entered: Entered) -> str:
    act = current_act()
    return render_template(
        "authority/licence_form.html",
        party=visible_party(act, party_id),
        entered=entered,
        asked=request.args.get("product", ""),
        products=_products(act),
        records=_proven_records(act),
        today=act.today,
    )


def _products(act: Act) -> list[tuple[str, str]]:
    query = select(Product.key, Product.name).order_by(Product.in_plan.desc(), Product.name)
    return [(key, name) for key, name in act.session.execute(query)]


def _proven_records(act: Act) -> list[tuple[str, str]]:
    """The records under which the official mark may be used, each with its product."""
    query = (
        select(GiRecord, Product.name)
        .join(Product, Product.id == GiRecord.product_id)
        .where(GiRecord.number.is_not(None), GiRecord.evidence_id.is_not(None))
        .order_by(Product.name, GiRecord.ordinal)
    )
    return [
        (str(record.id), f"{name} · {gi_type_words(record.type)} {record.number}")
        for record, name in act.session.execute(query)
    ]


@receives
@writes
def _grant(party_id: UUID) -> AnyResponse:
    values: dict[str, Any] = texts(("product", "starts", "ends", "gi_record", "source"))
    values |= {"party": str(party_id), "mark": "gi_record" in values}
    evidence = store_received("evidence")
    if evidence:
        values["evidence"] = str(evidence[0].id)
    grant_licence(current_act(), LicenceDraft(**loaded(LicenceIn(), values)))
    flash(_("已核准。"), "pass")
    return redirect(url_for("authority_parties.party", party_id=party_id, _anchor="licences"), 303)


@authority_licences.get("/licences/<uuid:licence_id>/revocation")
def revocation(licence_id: UUID) -> str:
    """What revoking a licence does, and the form that does it."""
    return _revocation_page(licence_id, Entered())


@authority_licences.post("/licences/<uuid:licence_id>/revocation")
def revoke(licence_id: UUID) -> Response:
    """Revoke a licence: what was released under it is held."""
    visible_licence(current_act(), licence_id)
    return attempt(
        lambda: _revoke(licence_id), lambda entered: _revocation_page(licence_id, entered)
    )


def _revocation_page(licence_id: UUID, entered: Entered) -> str:
    act = current_act()
    licence = visible_licence(act, licence_id)
    return render_template(
        "authority/revocation.html",
        licence=licence,
        party=act.session.get_one(Party, licence.party_id),
        product=act.session.get_one(Product, licence.product_id),
        released=_count_released(act, licence),
        entered=entered,
    )


def _count_released(act: Act, licence: Licence) -> int:
    """How many batches the revocation would hold."""
    query = select(func.count()).select_from(Batch)
    of_licence = (Batch.party_id == licence.party_id, Batch.product_id == licence.product_id)
    return act.session.scalar(query.where(*of_licence, stands(RELEASED.key))) or 0


@writes
def _revoke(licence_id: UUID) -> AnyResponse:
    act = current_act()
    reason = loaded(RevokeIn(), texts(("reason",)))["reason"]
    licence = take_licence(act, licence_id, reason)
    flash(_("已撤销；这个产品放行着的批次都封存了。"), "pass")
    where = url_for("authority_parties.party", party_id=licence.party_id, _anchor="licences")
    return redirect(where, 303)
