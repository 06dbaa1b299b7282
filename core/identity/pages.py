"""Signing in and out, the one-time link, and a person's own account, as pages.

A form with a password in it goes without an idempotency key: what is kept of a request for a
repeat would be a quick hash of the password. Sending such a form twice does no harm.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit
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
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from core.act import NOBODY, transaction
from core.clock import now
from core.database.engine import db
from core.errors import Refusal, Unauthenticated
from core.http.acting import current_act, current_actor, writes
from core.http.language import language
from core.identity import access, service, shown_once
from core.identity.models import SignIn, Token
from core.identity.proving import password_memory, proved
from core.identity.signing_in import SEEN, SignedIn, actor_of, key_digest
from core.text import TextFault, clean_text

identity_pages = Blueprint("identity_pages", __name__, template_folder="templates")
Problem = tuple[str | None, str]
HOME = "/"


def own_page(target: str | None) -> str:
    """`target` where it is a page of ours that GET answers, else the first page.

    A browser reads '\\' as '/' and skips tabs, so that '//evil' has many spellings: none passes.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return HOME
    if "\\" in target or any(char <= " " for char in target):
        return HOME
    try:
        current_app.url_map.bind("localhost").match(urlsplit(target).path, method="GET")
    except (HTTPException, ValueError):
        return HOME
    return target


def _said(refusal: Refusal) -> list[Problem]:
    """A refusal as lines above a form."""
    tongue = language()
    lines: list[Problem] = [
        (fault.pointer.strip("/") or None, fault.message.said_in(tongue))
        for fault in refusal.faults
    ]
    return lines or [(None, refusal.detail.said_in(tongue))]


def _let_in(begun: access.Begun) -> None:
    """Put a sign-in into a session that holds nothing from before (against fixation)."""
    session.clear()
    login_user(SignedIn(begun.key, actor_of(begun.account)))
    session[SEEN] = int(now().timestamp())


def _own_key() -> str:
    """The key of the present sign-in; empty for a program."""
    user = current_user._get_current_object()
    return user.key if isinstance(user, SignedIn) and not user.by_token else ""


@identity_pages.route("/login", methods=["GET", "POST"])
def sign_in() -> AnyResponse:
    """The way in."""
    target = own_page(request.values.get("next"))
    if request.method != "POST":
        return redirect(target, 303) if _own_key() else _door(target)
    login, password = request.form.get("login", ""), request.form.get("password", "")
    attempt = proved(login, password)
    if attempt is None:
        return _door(target, login, _wrong())
    try:
        with transaction(db.session, NOBODY) as act:
            access.sign_out(act, _own_key())
            begun = access.sign_in(act, attempt, password, password_memory())
    except Unauthenticated as refusal:
        return _door(target, login, _said(refusal))
    _let_in(begun)
    return redirect(target, 303)


def _wrong() -> list[Problem]:
    return [
        (
            "login",
            _("登录名或密码不对；连续错 5 次，要等 15 分钟才能再试。"),
        )
    ]


def _door(target: str, login: str = "", problems: Sequence[Problem] = ()) -> Response:
    page = render_template(
        "identity/login.html", target=target, login=login[:60], problems=problems
    )
    return make_response(page, 401 if problems else 200)


@identity_pages.route("/logout", methods=["POST"])
@writes
def sign_out() -> AnyResponse:
    """The way out, for this device."""
    access.sign_out(current_act(), _own_key())
    session.clear()
    return redirect(url_for("identity_pages.sign_in"), 303)


@identity_pages.route("/welcome/<key>", methods=["GET", "POST"])
def welcome(key: str) -> AnyResponse:
    """Where a one-time link leads: the password is set, and one is in."""
    if request.method != "POST":
        return _welcome_page(key)
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _welcome_page(key, [("again", _("两次输入的不一样，请再输一遍。"))])
    try:
        with transaction(db.session, NOBODY) as act:
            begun = access.set_password(act, key, password, password_memory())
    except Refusal as refusal:
        return _welcome_page(key, _said(refusal))
    _let_in(begun)
    return redirect(HOME, 303)


def _welcome_page(key: str, problems: Sequence[Problem] = ()) -> Response:
    account = access.open_link(current_act(), key)
    page = render_template("identity/welcome.html", account=account, problems=problems)
    answer = make_response(page, 422 if problems else 200)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@identity_pages.route("/account")
def account() -> str:
    """One's own account: password, devices, tokens."""
    return _account_page()


def _account_page(problems: Sequence[Problem] = (), token: str = "") -> str:
    act = current_act()
    own_key = _own_key()
    signed_in = act.session.scalars(access.devices(act).order_by(SignIn.began_at.desc()))
    tokens = act.session.scalars(access.tokens_of(act).order_by(Token.created_at.desc()))
    return render_template(
        "identity/account.html",
        account=service.who(act),
        devices=list(signed_in),
        here=key_digest(own_key) if own_key else None,
        tokens=list(tokens),
        token=token,
        problems=problems,
    )


@identity_pages.route("/account/password", methods=["POST"])
def change_password() -> AnyResponse:
    """Another password; the old one is asked, and other devices are signed out."""
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        problem = ("again", _("两次输入的不一样，请再输一遍。"))
        return make_response(_account_page([problem]), 422)
    attempt = proved(service.who(current_act()).login, request.form.get("old", ""))
    if attempt is None:
        problem = ("old", _("现在的密码不对；连续错 5 次，要等 15 分钟才能再试。"))
        return make_response(_account_page([problem]), 422)
    try:
        with transaction(db.session, current_actor()) as act:
            access.change_password(act, attempt, new, password_memory(), keep=_own_key())
    except Refusal as refusal:
        return make_response(_account_page(_said(refusal)), 422)
    flash(_("密码已改，其他设备都已退出。"), "pass")
    return redirect(url_for("identity_pages.account"), 303)


@identity_pages.route("/account/devices/end", methods=["POST"])
@writes
def end_devices() -> AnyResponse:
    """Sign every other device out."""
    access.sign_out_everywhere(current_act(), keep=_own_key())
    flash(_("其他设备都已退出。"), "pass")
    return redirect(url_for("identity_pages.account"), 303)


@identity_pages.route("/account/tokens", methods=["POST"])
@writes
def make_token() -> AnyResponse:
    """A token for a program; its text stands on the page that answers, once."""
    try:
        name = clean_text(request.form.get("name", ""), 60)
    except TextFault as broken:
        problem = ("name", broken.words.said_in(language()))
        return make_response(_account_page([problem]), 422)
    if not name:
        return make_response(_account_page([("name", _("请写上用途"))]), 422)
    _token, key = access.make_token(current_act(), name)
    shown_once.instead(lambda: make_response(_account_page(token=key)))
    return redirect(url_for("identity_pages.account"), 303)


@identity_pages.route("/account/tokens/<uuid:token_id>/revoke", methods=["POST"])
@writes
def revoke_token(token_id: UUID) -> AnyResponse:
    """End a token."""
    access.revoke_token(current_act(), token_id)
    flash(_("令牌已作废。"), "pass")
    return redirect(url_for("identity_pages.account"), 303)
