"""The public page of a certificate of promise: /C/{address}, the same as JSON, and as PDF.

Whoever has the address may see it; there is no list of them. No cookie is set, nothing is counted.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, json, render_template, request, url_for

from core.database.engine import db
from core.errors import Conflict, not_found
from core.http.language import ENGLISH, language
from core.words import Words
from labels.fonts import DrawingError
from labels.press import press_of
from labels.promise_face import STATE_WORDS, Face, as_data, face_of
from labels.promise_finding import promise_by_token
from labels.promise_pdf import draw
from labels.promise_template import PaperSize, template
from labels.promise_texts import TEXTS
from labels.public_answers import public, wants_json
from labels.report_address import token_of

promise_pages = Blueprint("promise_pages", __name__, template_folder="templates")


# Of two rules of one endpoint the one that was added first makes the links: the lower.
@promise_pages.get("/c/<address>", strict_slashes=False)
@promise_pages.get("/C/<address>", strict_slashes=False)
def promise(address: str) -> Response:
    """A certificate as it stands now."""
    face = _found(address)
    if wants_json():
        origin = press_of(current_app.config["SETTINGS"]).origin
        return public(Response(json.dumps(as_data(face, origin)), mimetype="application/json"))
    answer = public(Response(_page(face), mimetype="text/html"))
    answer.headers["Content-Language"] = language()
    return answer


@promise_pages.get("/c/<address>.pdf")
@promise_pages.get("/C/<address>.pdf")
def paper(address: str) -> Response:
    """To be printed: ?paper=a4 or label."""
    face = _found(address)
    size = _paper_asked()
    try:
        pdf = draw(face, press_of(current_app.config["SETTINGS"]).origin, size)
    except DrawingError as problem:
        raise Conflict("not-printable", Words(problem.zh, problem.en)) from problem
    answer = public(Response(pdf, mimetype="application/pdf"))
    name = f"promise-{face.number}-{size.key}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _paper_asked() -> PaperSize:
    asked = template().paper(request.args.get("paper", template().papers[0].key))
    if asked is None:
        raise not_found("纸张", "paper")
    return asked


def _found(address: str) -> Face:
    token = token_of(address)
    row = None if token is None else promise_by_token(db.session, token)
    if row is None:
        raise not_found("合格证", "certificate of promise")
    return face_of(db.session, row)


def _page(face: Face) -> str:
    tongue = language()
    english, large = tongue == ENGLISH, request.args.get("size") == "xl"
    look, word, sentence = STATE_WORDS[face.state]
    return render_template(
        "passport/promise.html",
        face=face,
        look=look,
        word_text=word.said_in(tongue),
        sentence=sentence.said_in(tongue),
        t={name: words.said_in(tongue) for name, words in TEXTS.items()},
        papers=template().papers,
        size="xl" if large else "",
        size_link=_address(face, size="" if large else "xl"),
        data_link=_address(face, f="json"),
        language={
            "href": _address(face, lang="zh" if english else "en"),
            "lang": "zh-Hans" if english else "en",
            "text": "简体中文" if english else "English",
        },
    )


def _address(face: Face, **changed: str) -> str:
    """This page with another language, size or format."""
    kept = {name: request.args[name] for name in ("lang", "size") if name in request.args}
    query: dict[str, Any] = {name: value for name, value in (kept | changed).items() if value}
    return url_for("promise_pages.promise", address=face.address, **query)
