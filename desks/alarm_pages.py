"""The alarms of a party, and of all for the authority: read, followed, acknowledged with a word."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import AUTHORITY
from core.http.acting import current_act, writes
from core.pages.views import say
from desks.alarm_links import shown_alarms
from desks.form_texts import asked, texts
from desks.forms import Entered, attempt, loaded
from labels.alarm_schemas import AlarmWordIn
from labels.alarm_words import KIND_WORDS, KINDS
from labels.alarms import ACKNOWLEDGED, acknowledge, alarms_of, page_of_alarms

alarm_pages = Blueprint("alarm_pages", __name__, template_folder="templates")


@alarm_pages.get("/coop/alarms")
def own() -> str:
    """The party's alarms."""
    return _page(Entered())


@alarm_pages.get("/gov/alarms")
def of_all() -> str:
    """Everybody's alarms."""
    return _page(Entered())


def _page(entered: Entered, key: str = "") -> str:
    act = current_act()
    boxes = asked("kind", "standing")
    told = alarms_of(act)
    wanted = [one for one in told if one.open is not (boxes["standing"] == ACKNOWLEDGED)]
    counts = {kind: sum(one.alarm.kind == kind for one in wanted) for kind in KINDS}
    shown = [one for one in wanted if boxes["kind"] in ("", one.alarm.kind)]
    page = page_of_alarms(shown, request.args.get("after"))
    return render_template(
        "alarms/alarms.html",
        page=page,
        alarms=shown_alarms(act, page.rows),
        asked=boxes,
        acknowledged=ACKNOWLEDGED,
        waiting=sum(one.open for one in told),
        kinds=[(kind, say(KIND_WORDS[kind]), counts[kind]) for kind in KINDS if counts[kind]],
        here=_here(),
        say_to="alarm_pages.say_of_all" if act.actor.is_a(AUTHORITY) else "alarm_pages.say_own",
        entered=entered,
        key=key,
    )


def _here() -> str:
    return "alarm_pages.of_all" if current_act().actor.is_a(AUTHORITY) else "alarm_pages.own"


@alarm_pages.post("/coop/alarms/<key>")
@writes
def say_own(key: str) -> Response:
    """Say a word about an alarm of the party."""
    return _say(key)


@alarm_pages.post("/gov/alarms/<key>")
@writes
def say_of_all(key: str) -> Response:
    """Say a word about an alarm for the authority."""
    return _say(key)


def _say(key: str) -> Response:
    def do() -> AnyResponse:
        draft = loaded(AlarmWordIn(), texts(["word"]))
        acknowledge(current_act(), key, draft["word"])
        flash(_("已经记下，这条提醒不再出现；数字变了会重新提醒。"), "pass")
        return redirect(url_for(_here()), 303)

    return attempt(do, lambda entered: _page(entered, key))
