"""REST of parties, members and tokens."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.act import Act
from core.http.acting import current_act, writes
from core.http.fields import PageQuery
from core.http.paging import page_arguments, page_of
from core.http.versions import check_if_match, etag
from core.identity import access, service, shown_once
from core.identity.models import Account, Party, Token
from core.identity.schemas import (
    InvitationOut,
    LinkOut,
    MemberChange,
    MemberIn,
    MemberOut,
    PartyChange,
    PartyIn,
    PartyOut,
    PartyQuery,
    TokenIn,
    TokenMade,
    TokenOut,
    WhoOut,
)

identity = Blueprint("identity", __name__, description="主体和帐号 parties and accounts")
Answer = tuple[Any, dict[str, str]]


def _facts(act: Act, party: Party) -> dict[str, object]:
    public = {name: getattr(party, name) for name in ("id", "name", "credit_code", "roles")}
    if not service.knows_all_of(act, party.id):
        return public
    rest = ("short_name", "address", "contact", "sample", "version", "created_at")
    return public | {name: getattr(party, name) for name in rest}


def _written(act: Act, party: Party) -> Answer:
    warnings = [words._asdict() for words in service.name_warnings(act, party)]
    headers = {
        "ETag": etag(party.id, party.version),
        "Location": f"/api/v1/parties/{party.id}",
    }
    return {**_facts(act, party), "warnings": warnings}, headers


@identity.route("/parties", methods=["GET"])
@identity.arguments(PartyQuery, location="query")
@identity.response(200, PartyOut(many=True))
def list_parties(args: dict[str, Any]) -> Answer:
    """The parties one may know of, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.find_parties(act, args.get("q"), args.get("role"))
    page = page_of(act.session, query, Party.created_at, Party.id, **paging)
    return [_facts(act, party) for party in page.rows], page.headers()


@identity.route("/parties", methods=["POST"])
@writes
@identity.arguments(PartyIn)
@identity.response(201, PartyOut)
def register_party(draft: dict[str, Any]) -> Answer:
    """Register a party; `warnings` name those whose name looks like it."""
    act = current_act()
    return _written(act, service.register_party(act, service.PartyDraft(**draft)))


@identity.route("/parties/<uuid:party_id>", methods=["GET"])
@identity.response(200, PartyOut)
def get_party(party_id: UUID) -> Answer:
    """One party."""
    act = current_act()
    party = service.visible_party(act, party_id)
    return _facts(act, party), {"ETag": etag(party.id, party.version)}


@identity.route("/parties/<uuid:party_id>", methods=["PATCH"])
@writes
@identity.arguments(PartyChange)
@identity.response(200, PartyOut)
def change_party(changes: dict[str, Any], party_id: UUID) -> Answer:
    """Change a party; If-Match names the version that was seen."""
    act = current_act()
    return _written(act, service.update_party(act, party_id, changes, check_if_match))


@identity.route("/parties/<uuid:party_id>/members", methods=["GET"])
@identity.arguments(PageQuery, location="query")
@identity.response(200, MemberOut(many=True))
def list_members(args: dict[str, Any], party_id: UUID) -> Answer:
    """The accounts of a party, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.members_of(act, party_id)
    page = page_of(act.session, query, Account.created_at, Account.id, **paging)
    return page.rows, page.headers()


@identity.route("/parties/<uuid:party_id>/members", methods=["POST"])
@writes
@identity.arguments(MemberIn)
@identity.response(201, InvitationOut)
def invite_member(draft: dict[str, Any], party_id: UUID) -> Answer:
    """Invite a person; the link in the answer sets the password once, within 30 minutes."""
    invited = service.invite_member(current_act(), party_id, service.MemberDraft(**draft))
    shown_once.in_json(link=invited.path)
    return invited.account, {"Location": f"/api/v1/members/{invited.account.id}"}


@identity.route("/members/<uuid:account_id>", methods=["GET"])
@identity.response(200, MemberOut)
def get_member(account_id: UUID) -> Account:
    """One account."""
    return service.visible_member(current_act(), account_id)


@identity.route("/members/<uuid:account_id>", methods=["PATCH"])
@writes
@identity.arguments(MemberChange)
@identity.response(200, MemberOut)
def change_member(changes: dict[str, Any], account_id: UUID) -> Account:
    """Give an account other roles, disable it or enable it."""
    return service.change_member(current_act(), account_id, changes)


@identity.route("/members/<uuid:account_id>/link", methods=["POST"])
@writes
@identity.response(201, LinkOut)
def make_link(account_id: UUID) -> dict[str, None]:
    """A new link that sets the password once, within 30 minutes; earlier ones end."""
    shown_once.in_json(link=service.make_link(current_act(), account_id))
    return {"link": None}


@identity.route("/session", methods=["GET"])
@identity.response(200, WhoOut)
def who() -> dict[str, object]:
    """Who am I?"""
    act = current_act()
    account = service.who(act)
    return {
        "id": account.id,
        "login": account.login,
        "name": account.name,
        "roles": sorted(act.actor.roles),
        "party": account.party,
    }


@identity.route("/tokens", methods=["GET"])
@identity.arguments(PageQuery, location="query")
@identity.response(200, TokenOut(many=True))
def list_tokens(args: dict[str, Any]) -> Answer:
    """One's own tokens, newest first."""
    act, paging = current_act(), page_arguments(args)
    page = page_of(act.session, access.tokens_of(act), Token.created_at, Token.id, **paging)
    return page.rows, page.headers()


@identity.route("/tokens", methods=["POST"])
@writes
@identity.arguments(TokenIn)
@identity.response(201, TokenMade)
def make_token(draft: dict[str, Any]) -> Answer:
    """Make a token; its text is told once."""
    token, key = access.make_token(current_act(), **draft)
    shown_once.in_json(token=key)
    return token, {"Location": "/api/v1/tokens"}


@identity.route("/tokens/<uuid:token_id>", methods=["DELETE"])
@writes
@identity.response(204)
def revoke_token(token_id: UUID) -> None:
    """Revoke a token of one's own."""
    access.revoke_token(current_act(), token_id)
