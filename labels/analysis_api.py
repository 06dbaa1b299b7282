"""REST of certificates of analysis: where the public page of a report stands."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask_smorest import Blueprint
from marshmallow import fields

from core.http.acting import current_act
from core.http.fields import Strict
from labels.analysis_facts import analysis_for, digest_of
from labels.press import press_of
from labels.report_address import report_url
from trace.inspections.service import visible_report

certificates = Blueprint(
    "certificates", __name__, description="检验报告 certificates of analysis and their addresses"
)


class CertificateOut(Strict):
    """The public address of a report, how it stands, and the digest of what is signed."""

    address = fields.String(required=True)
    certificate = fields.String(required=True)
    state = fields.String(required=True)
    outcome = fields.String(required=True)
    sha256 = fields.String(required=True)


@certificates.route("/inspections/<uuid:report_id>/certificate")
@certificates.response(200, CertificateOut)
def get_certificate(report_id: UUID) -> dict[str, Any]:
    """Where everybody who has the address sees the report, and its signed PDF."""
    act = current_act()
    found = analysis_for(act.session, visible_report(act, report_id))
    where = report_url(press_of(current_app.config["SETTINGS"]).origin, found.address)
    return {
        "address": where,
        "certificate": f"{where}.pdf",
        "state": found.standing.state,
        "outcome": found.outcome,
        "sha256": digest_of(found),
    }
