"""Answering a scan: /T/{code}, /01/{gtin}/21/{code} and the form at /T, in any case of letters.

Always an answer and never a redirect: a page, or the same facts as JSON. No cookie is set.
"""

from typing import Any

from flask import Blueprint, Response, current_app, json, render_template, request, url_for
from markupsafe import Markup

from core.clock import now
from core.database.engine import db
from core.http.language import ENGLISH, language
from core.pages.drawing import limit_bar
from labels import passport_texts as texts
from labels.codes import is_well_formed
from labels.origins import mixing_words, place_words
from labels.passport import Item, LabelAnswer, Status
from labels.passport_facts import Scan, look_up
from labels.passport_schemas import answer_json
from labels.passport_words import Face, capital, face_of
from labels.press import press_of
from labels.public_answers import public, wants_json
from labels.scans import count_scan

passport = Blueprint("passport", __name__, template_folder="templates")

_STATUS_CODES = {
    Status.MALFORMED: 404,
    Status.MISTYPED: 404,
    Status.UNKNOWN: 404,
    Status.REVOKED_KEY: 410,
}
_FIRST_SHOWN = 3
"""So many results stand open, and all that are not conforming; the rest is folded."""


# Of two rules of one endpoint the one that was added first makes the links: the lower.
@passport.get("/t/<code>", strict_slashes=False)
@passport.get("/T/<code>", strict_slashes=False)
def by_code(code: str) -> Response:
    """The label of a scanned code."""
    return _answer(code)


@passport.get("/01/<gtin>/21/<code>", strict_slashes=False)
def by_gtin(gtin: str, code: str) -> Response:
    """The same by a GS1 Digital Link; a GTIN that is not the label's finds nothing."""
    return _answer(code, gtin.zfill(14))


@passport.get("/t", strict_slashes=False)
@passport.get("/T", strict_slashes=False)
def ask() -> Response:
    """A form to type a code into; with `?code=` it answers on the spot."""
    typed = request.args.get("code", "").strip()
    if typed:
        return _answer(typed, by_form=True)
    return _made(Scan(LabelAnswer(Status.NO_CODE, "")))


def _answer(typed: str, gtin: str | None = None, *, by_form: bool = False) -> Response:
    """A link of the page itself is no further scan; browsers say so, the QR of a label cannot."""
    again = not by_form and request.headers.get("Sec-Fetch-Site") == "same-origin"
    at = now()
    press = press_of(current_app.config["SETTINGS"])
    scan = look_up(db.session, press, typed, at, gtin=gtin, again=again)
    response = _made(scan)
    if scan.label is not None and request.method == "GET" and not again:
        count_scan(db.session, scan.label, scan.answer.status.value, at)
    return response


def _made(scan: Scan) -> Response:
    answer, face = scan.answer, face_of(scan.answer)
    code = _STATUS_CODES.get(answer.status, 200)
    if wants_json():
        body = json.dumps(answer_json(answer, face))
        response = Response(body, code, mimetype="application/json")
    else:
        response = Response(_page(answer, face), code, mimetype="text/html")
        response.headers["Content-Language"] = language()
    return public(response)


def _page(answer: LabelAnswer, face: Face) -> str:
    tongue = language()
    english = tongue == ENGLISH
    large = request.args.get("size") == "xl"
    template = "passport/label.html" if answer.batch is not None else "passport/no_label.html"
    other = "zh" if english else "en"
    return render_template(
        template,
        answer=answer,
        face=face,
        to_do=[step.said_in(tongue) for step in face.steps],
        t={name: words.said_in(tongue) for name, words in texts.TEXTS.items()},
        texts=texts,
        place_words=place_words,
        mixing_words=mixing_words,
        bar=lambda item: bar_of(item, tongue),
        capital=capital if english else str,
        open_items=_shown_open(answer),
        size="xl" if large else "",
        size_link=_address(answer, size="" if large else "xl"),
        data_link=None if answer.status is Status.NO_CODE else _address(answer, f="json"),
        form_to=url_for("passport.ask"),
        language={
            "href": _address(answer, lang=other),
            "lang": "zh-Hans" if english else "en",
            "text": "简体中文" if english else "English",
        },
    )


def _address(answer: LabelAnswer, **changed: str) -> str:
    """This page with another language, size or format: a path of ours, whatever was typed."""
    kept = {name: request.args[name] for name in ("lang", "size") if name in request.args}
    query: dict[str, Any] = {name: value for name, value in (kept | changed).items() if value}
    if request.endpoint == "passport.by_gtin" and request.view_args:
        return url_for("passport.by_gtin", **request.view_args, **query)
    if is_well_formed(answer.code):
        return url_for("passport.by_code", code=answer.code, **query)
    return url_for("passport.ask", code=answer.code or None, **query)


def _shown_open(answer: LabelAnswer) -> int:
    """The first three results; where some are worse than conforming, at least all of these."""
    if answer.batch is None:
        return 0
    worse = ("nonconforming", "to_verify", "undetermined")
    return max(_FIRST_SHOWN, len(answer.batch.with_outcome(*worse)))


def bar_of(item: Item, tongue: str) -> Markup:
    """The value against its first limit; nothing where either of them is no number."""
    limit = item.limits[0]
    without_limit = limit.lower is None and limit.upper is None
    if without_limit or (item.number is None and not item.below):
        return Markup("")
    return limit_bar(
        item.number,
        limit.lower,
        limit.upper,
        "measured" if item.number is not None else "not-detected",
        texts.OUTCOME_STATES[item.outcome],
        texts.bar_words(item).said_in(tongue),
    )
