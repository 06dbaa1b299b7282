"""The members of a party: for an admin of it, and for the authority.

A one-time link is told once, on the page that answers; what is kept of that answer is without it.
"""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import ADMIN, AUTHORITY, INSPECTOR, VERIFIER, Act
from core.http.acting import current_act, writes
from core.identity import service, shown_once
from core.identity.access import LINK_LIFE
from core.identity.models import ACCOUNT_ROLES, Account, Party
from core.identity.schemas import MemberChange, MemberIn
from core.pages.views import say
from core.settings import Settings
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.role_words import RIGHT_WORDS

members = Blueprint("members", __name__, template_folder="templates")
INVITE = "invite"


@members.get("/members", endpoint="members")
def own_members() -> str:
    """The members of one's own party."""
    return _page(current_act().party, Entered())


@members.get("/parties/<uuid:party_id>/members")
def of_party(party_id: UUID) -> str:
    """The members of a party."""
    return _page(party_id, Entered())


def _page(party_id: UUID, entered: Entered, told: tuple[str, str] | None = None) -> str:
    """The page; `told` is a name and the one-time link that was made for it."""
    act = current_act()
    query = service.members_of(act, party_id).order_by(Account.created_at, Account.id)
    party = act.session.get_one(Party, party_id)
    return render_template(
        "members/members.html",
        party=party,
        own=party_id == act.actor.party,
        may_manage=_may_manage(act, party_id),
        accounts=list(act.session.scalars(query).unique()),
        rights=rights_of(party),
        right_words=RIGHT_WORDS,
        entered=entered,
        told=told,
        minutes=int(LINK_LIFE.total_seconds()) // 60,
        here=act.actor.account,
    )


def _may_manage(act: Act, party_id: UUID) -> bool:
    """As the verbs have it: an admin for the own party, the authority for every other."""
    return act.actor.is_a(ADMIN if act.actor.party == party_id else AUTHORITY)


def rights_of(party: Party) -> list[tuple[str, str]]:
    """The rights that a member of a party may hold."""
    held = {*party.roles, ADMIN} | ({VERIFIER} if INSPECTOR in party.roles else set())
    return [(role, say(RIGHT_WORDS[role])) for role in ACCOUNT_ROLES if role in held]


def _where(party_id: UUID) -> str:
    """The page of a party's members: the short address for one's own."""
    if party_id == current_act().actor.party:
        return url_for("members.members")
    return url_for("members.of_party", party_id=party_id)


@members.post("/parties/<uuid:party_id>/members")
def invite(party_id: UUID) -> Response:
    """Invite a person: the answer shows the link that sets the password, once."""
    return attempt(
        lambda: _invite(party_id),
        lambda entered: _page(party_id, under(INVITE, entered)),
    )


@writes
def _invite(party_id: UUID) -> AnyResponse:
    values: dict[str, object] = dict(posted(INVITE, "login", "name"))
    draft = loaded(MemberIn(), {**values, "roles": request.form.getlist(f"{INVITE}-roles")})
    made = service.invite_member(current_act(), party_id, service.MemberDraft(**draft))
    _tell(party_id, made.account.name, made.path)
    return redirect(_where(party_id), 303)


def _tell(party_id: UUID, name: str, path: str) -> None:
    """Show the link on the page that answers, and keep an answer without it."""
    settings: Settings = current_app.config["SETTINGS"]
    link = settings.label_origin + path

    def shown() -> Response:
        answer = make_response(_page(party_id, Entered(), (name, link)))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    shown_once.instead(shown)


@members.post("/members/<uuid:account_id>/link")
def make_link(account_id: UUID) -> Response:
    """A new one-time link for somebody who lost the password; earlier ones end."""
    party_id = _party_of(account_id)
    return attempt(
        lambda: _make_link(account_id, party_id), lambda e: _page(party_id, _told_above(e))
    )


@writes
def _make_link(account_id: UUID, party_id: UUID) -> AnyResponse:
    act = current_act()
    path = service.make_link(act, account_id)
    _tell(party_id, service.visible_member(act, account_id).name, path)
    return redirect(_where(party_id), 303)


def _told_above(entered: Entered) -> Entered:
    """What is wrong with a form of the list stands above it: its boxes are folded away."""
    return Entered((), entered.sentence)


@members.post("/members/<uuid:account_id>/roles")
def set_roles(account_id: UUID) -> Response:
    """Give a member exactly the rights that are ticked."""
    party_id = _party_of(account_id)
    return attempt(
        lambda: _set_roles(account_id, party_id), lambda e: _page(party_id, _told_above(e))
    )


@writes
def _set_roles(account_id: UUID, party_id: UUID) -> AnyResponse:
    changes = loaded(MemberChange(), {"roles": request.form.getlist("roles")})
    account = service.change_member(current_act(), account_id, changes)
    flash(_("%(name)s的权限已改，从下一次操作起算。", name=account.name), "pass")
    return redirect(_where(party_id), 303)


@members.post("/members/<uuid:account_id>/disable")
def disable(account_id: UUID) -> Response:
    """Shut an account: it is out at its next request."""
    party_id = _party_of(account_id)
    return attempt(
        lambda: _open(account_id, party_id, False), lambda e: _page(party_id, _told_above(e))
    )


@members.post("/members/<uuid:account_id>/enable")
def enable(account_id: UUID) -> Response:
    """Open an account again."""
    party_id = _party_of(account_id)
    return attempt(
        lambda: _open(account_id, party_id, True), lambda e: _page(party_id, _told_above(e))
    )


@writes
def _open(account_id: UUID, party_id: UUID, wanted: bool) -> AnyResponse:
    account = service.change_member(current_act(), account_id, {"disabled": not wanted})
    said = _("%(name)s已启用。") if wanted else _("%(name)s已停用，登录和令牌都失效了。")
    flash(said % {"name": account.name}, "pass")
    return redirect(_where(party_id), 303)


def _party_of(account_id: UUID) -> UUID:
    """The party of an account that one may know of; NotFound otherwise."""
    return service.visible_member(current_act(), account_id).party_id
