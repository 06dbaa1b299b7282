"""The static files and what every template may call."""

import uuid
from typing import Any

from flask import Blueprint, Flask, url_for
from flask_login import current_user

from core.act import NOBODY
from core.http.acting import current_actor
from core.http.language import language
from core.pages import furnish, style_version
from core.words import Words

pages = Blueprint(
    "pages",
    __name__,
    static_folder="static",
    static_url_path="/static",
    template_folder="templates",
)


def new_key() -> str:
    """A fresh idempotency key for one form."""
    return str(uuid.uuid4())


def say(words: Words | dict[str, str] | str) -> str:
    """Words, or their JSON form {'zh', 'en'}, in the language of the request."""
    if isinstance(words, dict):
        words = Words(words["zh"], words["en"])
    return words.said_in(language()) if isinstance(words, Words) else words


def install_pages(app: Flask, *, sample: bool) -> None:
    """Serve the static files, and give templates their globals."""
    app.register_blueprint(pages)
    furnish(app.jinja_env)
    app.jinja_env.globals.update(new_key=new_key, say=say, sample_mode=sample)

    def facts() -> dict[str, Any]:
        actor = current_actor()
        return {
            "lang": language(),
            "actor": actor,
            "signed_in": actor is not NOBODY and bool(current_user),
            "style_url": url_for("pages.static", filename="style.css", v=style_version()),
        }

    app.context_processor(facts)
