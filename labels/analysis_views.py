"""The public page of a report: /A/{address}, the same as JSON, and its certificate as PDF.

Whoever has the address may see it; there is no list of them. No cookie is set, nothing is counted.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    json,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from core.database.engine import db
from core.errors import Conflict, not_found
from core.http.acting import current_act
from core.http.language import ENGLISH, language
from core.record.canonical import plain
from core.words import Words
from labels.analysis import Analysis, content_of
from labels.analysis_facts import address_of_report, analysis_for, digest_of
from labels.analysis_pages import grouped
from labels.analysis_pdf import draw
from labels.analysis_texts import TEXTS, face_of
from labels.analysis_words import (
    KINDS,
    METHODS,
    OUTCOMES,
    TONES,
    beside_words,
    conclusion_words,
    limit_words,
    older_words,
    signing_words,
    value_words,
)
from labels.fonts import MissingGlyph
from labels.keys import KeyKeepingError
from labels.passport_words import capital
from labels.press import press_of
from labels.public_answers import public, wants_json
from labels.report_address import report_url, token_of
from labels.report_key import report_keys, signing_key
from trace.inspections.handing_over import report_with_goods
from trace.inspections.report_links import report_by_link

analysis = Blueprint("analysis", __name__, template_folder="templates")
MOST_SHOWN = 40
"""So many results stand on the page, the worst first; all of them in the PDF and the data."""
_LONGEST_VALUE = 80


# Of two rules of one endpoint the one that was added first makes the links: the lower.
@analysis.get("/a/<address>", strict_slashes=False)
@analysis.get("/A/<address>", strict_slashes=False)
def report(address: str) -> Response:
    """A report as it stands now."""
    found = _found(address)
    if wants_json():
        return public(Response(json.dumps(_as_json(found)), mimetype="application/json"))
    answer = public(Response(_page(found), mimetype="text/html"))
    answer.headers["Content-Language"] = language()
    return answer


@analysis.get("/a/<address>.pdf")
@analysis.get("/A/<address>.pdf")
def certificate(address: str) -> Response:
    """Its certificate, signed; Conflict where the house cannot print or sign it."""
    found = _found(address)
    press = press_of(current_app.config["SETTINGS"])
    try:
        pdf = draw(found, signing_key(press.folder), press.origin)
    except KeyKeepingError as problem:
        raise Conflict("report-key-missing", problem.words) from problem
    except MissingGlyph as problem:
        raise Conflict("not-printable", Words(problem.zh, problem.en)) from problem
    answer = public(Response(pdf, mimetype="application/pdf"))
    name = f"report-{found.address}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


@analysis.get("/reports/<uuid:report_id>/certificate")
def of_report(report_id: UUID) -> AnyResponse:
    """From a desk to the public page of a report that one may know of."""
    act = current_act()
    row = report_with_goods(act, report_id)
    return redirect(url_for("analysis.report", address=address_of_report(act.session, row.id)), 303)


@analysis.get("/a/keys")
@analysis.get("/A/keys")
def keys() -> Response:
    """The public keys that certificates are verified with, the one that signs now first."""
    held = report_keys(press_of(current_app.config["SETTINGS"]).folder)
    told = [
        {"key": one.public.key, "algorithm": "Ed25519", "public": one.public.hex} for one in held
    ]
    return public(Response(json.dumps({"keys": told}), mimetype="application/json"))


def _found(address: str) -> Analysis:
    token = token_of(address)
    row = None if token is None else report_by_link(db.session, token)
    if row is None:
        raise not_found("检验报告", "report")
    return analysis_for(db.session, row)


def _as_json(found: Analysis) -> dict[str, Any]:
    """The content that is signed, and what the page says of it, in both languages."""
    face, origin = face_of(found), press_of(current_app.config["SETTINGS"]).origin
    return {
        "state": found.standing.state,
        "outcome": found.outcome,
        "title": {"zh": face.title.zh.replace("|", ""), "en": face.title.en},
        "sentence": face.sentence._asdict(),
        "address": report_url(origin, found.address),
        "certificate": f"{report_url(origin, found.address)}.pdf",
        "sha256": digest_of(found),
        "content": plain(content_of(found)),
    }


def _page(found: Analysis) -> str:
    tongue = language()
    english = tongue == ENGLISH
    large = request.args.get("size") == "xl"
    shown = sorted(found.findings, key=lambda one: _ORDER.index(one.outcome))
    return render_template(
        "passport/analysis.html",
        report=found,
        face=face_of(found),
        t={name: words.said_in(tongue) for name, words in TEXTS.items()},
        shown=shown[:MOST_SHOWN],
        rest=max(0, len(shown) - MOST_SHOWN),
        digest=grouped(digest_of(found)),
        capital=capital if english else str,
        longest=_LONGEST_VALUE,
        size="xl" if large else "",
        size_link=_address(found, size="" if large else "xl"),
        data_link=_address(found, f="json"),
        language={
            "href": _address(found, lang="zh" if english else "en"),
            "lang": "zh-Hans" if english else "en",
            "text": "简体中文" if english else "English",
        },
        **_SAYING,
    )


_ORDER = list(OUTCOMES)
_SAYING: dict[str, Any] = {
    "kinds": KINDS,
    "methods": METHODS,
    "outcomes": OUTCOMES,
    "tones": {outcome: TONES.get(outcome, "none") for outcome in OUTCOMES},
    "beside_words": beside_words,
    "conclusion_words": conclusion_words,
    "limit_words": limit_words,
    "older_words": older_words,
    "signing_words": signing_words,
    "value_words": value_words,
}


def _address(found: Analysis, **changed: str) -> str:
    """This page with another language, size or format."""
    kept = {name: request.args[name] for name in ("lang", "size") if name in request.args}
    query: dict[str, Any] = {name: value for name, value in (kept | changed).items() if value}
    return url_for("analysis.report", address=found.address, **query)
