"""The verbs of parties and their members; ways in (links, passwords, tokens) are in access.py.

Whoever may not know of a thing is told that it does not exist (promise 7). Evidence names
accounts by their ids; a person's name, login or contact is never in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from core.act import ADMIN, AUTHORITY, INSPECTOR, VERIFIER, Act
from core.errors import Conflict, Forbidden, Unauthenticated, invalid_field, not_found
from core.identity.access import end_every_way_in, new_link
from core.identity.models import Account, AccountRole, Party, PartyRole
from core.identity.names import look_alike
from core.record.service import seal_personal
from core.words import Words

AsSeen = Callable[[UUID, int], object]
_ABOUT_SELF = ("short_name", "address", "contact")


@dataclass(frozen=True)
class PartyDraft:
    """A party as the authority enters it."""

    name: str
    credit_code: str
    roles: Sequence[str]
    short_name: str | None = None
    address: str | None = None
    contact: str | None = None
    sample: bool = False


@dataclass(frozen=True)
class MemberDraft:
    """A person to be invited."""

    login: str
    name: str
    roles: Sequence[str]


@dataclass(frozen=True)
class Invitation:
    """A new account and the path of its one-time link, which is told once."""

    account: Account
    path: str


def checked_credit_code(typed: str, pointer: str = "/credit_code") -> str:
    """`typed` as an 18-character 统一社会信用代码 (GB 32100-2015: form, and check character).

    Raises Invalid at `pointer`, naming the rule that is broken.
    """
    try:
        return str(uscc.validate(typed))
    except InvalidChecksum as broken:
        raise invalid_field(
            "credit-code",
            pointer,
            "统一社会信用代码的最后一位校验码不对（GB 32100-2015），请逐位核对",
            "The check character of the credit code is wrong (GB 32100-2015); compare each place",
        ) from broken
    except ValidationError as broken:
        raise invalid_field(
            "credit-code",
            pointer,
            "统一社会信用代码是 18 位：前 8 位数字，后 10 位数字或大写字母，不用 I、O、S、V、Z"
            "（GB 32100-2015）",
            "A credit code has 18 characters: 8 digits, then 10 digits or capitals without "
            "I, O, S, V, Z (GB 32100-2015)",
        ) from broken


def register_party(act: Act, draft: PartyDraft) -> Party:
    """The authority enters a party. Conflict where its credit code is already registered."""
    act.need(AUTHORITY)
    code = checked_credit_code(draft.credit_code)
    if act.session.scalar(select(Party.id).where(Party.credit_code == code)) is not None:
        raise _registered_already(code)
    party = Party(
        name=draft.name,
        credit_code=code,
        short_name=draft.short_name,
        address=draft.address,
        contact=draft.contact,
        sample=draft.sample,
        created_at=act.at,
        version=1,
        role_rows=[PartyRole(role=role) for role in sorted(set(draft.roles))],
    )
    act.session.add(party)
    _flush_unique(act.session, _registered_already(code))
    act.record("party", party.id, **_evident(act.session, party))
    return party


def _registered_already(code: str) -> Conflict:
    return Conflict(
        "credit-code-taken",
        Words(
            f"统一社会信用代码 {code} 已经登记过。", f"Credit code {code} is registered already."
        ),
    )


def _flush_unique(session: Session, otherwise: Conflict) -> None:
    """Write now; `otherwise` where somebody else was quicker with the same unique value."""
    try:
        session.flush()
    except IntegrityError as clash:
        raise otherwise from clash


def _evident(session: Session, party: Party) -> dict[str, object]:
    """A party for the record; address and contact may be a person's and are sealed."""
    sealed = {
        name: seal_personal(session, value)
        for name, value in (("address", party.address), ("contact", party.contact))
        if value
    }
    return {
        "name": party.name,
        "credit_code": party.credit_code,
        "roles": party.roles,
        "sealed": sealed,
    }


def name_warnings(act: Act, party: Party) -> list[Words]:
    """A sentence for each other party whose name looks like `party`'s."""
    others = act.session.execute(
        select(Party.name, Party.credit_code).where(Party.id != party.id).order_by(Party.name)
    )
    return [
        Words(
            f"名称与已登记的“{name}”（{code}）很像，请核对不是同一家。",
            f"The name looks like “{name}” ({code}), registered already; make sure they differ.",
        )
        for name, code in others
        if look_alike(name, party.name)
    ]


def knows_all_of(act: Act, party_id: UUID) -> bool:
    """Whether the actor sees more of a party than its public facts."""
    return act.actor.is_a(AUTHORITY) or act.actor.party == party_id


def parties_seen_by(act: Act) -> Select[Party]:
    """The authority sees all; others themselves and, to send batches to, laboratories."""
    query = select(Party)
    if act.actor.is_a(AUTHORITY):
        return query
    laboratories = select(PartyRole.party_id).where(PartyRole.role == INSPECTOR)
    return query.where(or_(Party.id == act.actor.party, Party.id.in_(laboratories)))


def find_parties(act: Act, words: str | None, role: str | None) -> Select[Party]:
    """Those one may see whose name or credit code holds `words` and who hold `role`."""
    query = parties_seen_by(act).options(selectinload(Party.role_rows))
    if words:
        query = query.where(
            or_(
                Party.name.icontains(words, autoescape=True),
                Party.short_name.icontains(words, autoescape=True),
                Party.credit_code.icontains(words, autoescape=True),
            )
        )
    if role:
        query = query.where(Party.id.in_(select(PartyRole.party_id).where(PartyRole.role == role)))
    return query


def visible_party(act: Act, party_id: UUID) -> Party:
    """One party that the actor may know of; NotFound otherwise."""
    party = act.session.scalars(parties_seen_by(act).where(Party.id == party_id)).first()
    if party is None:
        raise not_found("主体", "party")
    return party


def update_party(act: Act, party_id: UUID, changes: Mapping[str, Any], as_seen: AsSeen) -> Party:
    """Change a party; `as_seen` refuses another version than the one that was looked at.

    The authority may change everything but the credit code, an admin of the party its short
    name, address and contact.
    """
    visible_party(act, party_id)
    party = act.session.get_one(Party, party_id, with_for_update=True, populate_existing=True)
    _may_manage(act, party_id, "主体", "party")
    if not act.actor.is_a(AUTHORITY) and not set(changes) <= set(_ABOUT_SELF):
        raise Forbidden(
            "authority-only",
            Words("名称和角色由主管部门登记。", "Name and roles are kept by the authority."),
        )
    as_seen(party.id, party.version)
    for name in ("name", *_ABOUT_SELF):
        if name in changes:
            setattr(party, name, changes[name])
    if "roles" in changes:
        _replace_party_roles(act, party, changes["roles"])
    party.version += 1
    act.session.flush()
    act.record("party", party.id, **_evident(act.session, party))
    return party


def _replace_party_roles(act: Act, party: Party, roles: Sequence[str]) -> None:
    if party.id == act.actor.party and AUTHORITY in party.roles and AUTHORITY not in roles:
        raise invalid_field(
            "own-authority",
            "/roles",
            "不能取消自己所在主体的主管部门角色",
            "You cannot take the authority's role from your own party",
        )
    act.session.execute(delete(PartyRole).where(PartyRole.party_id == party.id))
    act.session.add_all(PartyRole(party_id=party.id, role=role) for role in sorted(set(roles)))
    act.session.flush()
    act.session.refresh(party, ["role_rows"])


def _may_manage(act: Act, party_id: UUID, zh: str, en: str) -> None:
    """Members are managed by an admin of the party, and by the authority for other parties."""
    if act.actor.party == party_id:
        act.need(ADMIN)
    elif not act.actor.is_a(AUTHORITY):
        raise not_found(zh, en)


def members_of(act: Act, party_id: UUID) -> Select[Account]:
    """The accounts of one's own party, or of any for the authority; NotFound otherwise."""
    if not knows_all_of(act, party_id) or act.session.get(Party, party_id) is None:
        raise not_found("主体", "party")
    return select(Account).where(Account.party_id == party_id)


def visible_member(act: Act, account_id: UUID) -> Account:
    """An account of one's own party, or any for the authority; NotFound otherwise."""
    account = act.session.get(Account, account_id)
    if account is None or not knows_all_of(act, account.party_id):
        raise not_found("帐号", "account")
    return account


def invite_member(act: Act, party_id: UUID, draft: MemberDraft) -> Invitation:
    """Make an account without a password and the one-time link that sets one."""
    members_of(act, party_id)
    _may_manage(act, party_id, "主体", "party")
    party = act.session.get_one(Party, party_id)
    roles = _checked_roles(party, draft.roles)
    taken = Conflict(
        "login-taken",
        Words(f"登录名 {draft.login} 已有人用，请换一个。", f"Login {draft.login} is taken."),
    )
    if act.session.scalar(select(Account.id).where(Account.login == draft.login)) is not None:
        raise taken
    account = Account(
        party=party,
        login=draft.login,
        name=draft.name,
        created_at=act.at,
        role_rows=[AccountRole(role=role) for role in roles],
    )
    act.session.add(account)
    _flush_unique(act.session, taken)
    act.record("account", account.id, party=party_id, roles=roles, disabled=False)
    return Invitation(account, new_link(act, account))


def _checked_roles(party: Party, roles: Sequence[str]) -> list[str]:
    """`roles` in order; Invalid where the party does not hold one (verifier: laboratories)."""
    allowed = {*party.roles, ADMIN} | ({VERIFIER} if INSPECTOR in party.roles else set())
    for place, role in enumerate(roles):
        if role not in allowed:
            listed = sorted(allowed)
            raise invalid_field(
                "role-not-held",
                f"/roles/{place}",
                f"这个主体没有 {role} 这个角色，可选：{'、'.join(listed)}",
                f"The party does not hold the role {role}; one of: {', '.join(listed)}",
            )
    return sorted(set(roles))


def _managed_member(act: Act, account_id: UUID) -> Account:
    account = visible_member(act, account_id)
    _may_manage(act, account.party_id, "帐号", "account")
    lock = select(Account).where(Account.id == account_id).with_for_update(of=Account)
    return act.session.scalars(lock.execution_options(populate_existing=True)).one()


def _other_than_oneself(act: Act, account: Account) -> None:
    if account.id == act.actor.account:
        raise Conflict(
            "own-account",
            Words(
                "不能改自己的权限，请另一位管理员来做。",
                "You cannot change your own rights; ask another admin.",
            ),
        )


def set_roles(act: Act, account_id: UUID, roles: Sequence[str]) -> Account:
    """Give an account exactly `roles`; it counts from its next request on."""
    account = _managed_member(act, account_id)
    _other_than_oneself(act, account)
    wanted = _checked_roles(account.party, roles)
    for row in [row for row in account.role_rows if row.role not in wanted]:
        account.role_rows.remove(row)
    for role in wanted:
        if role not in account.roles:
            account.role_rows.append(AccountRole(role=role))
    act.session.flush()
    act.session.refresh(account, ["role_rows"])
    _record_rights(act, account)
    return account


def disable_account(act: Act, account_id: UUID) -> Account:
    """Shut an account: its sign-ins, tokens and links end, from its next request on."""
    account = _managed_member(act, account_id)
    _other_than_oneself(act, account)
    if account.disabled_at is None:
        account.disabled_at = act.at
        end_every_way_in(act, account.id)
        _record_rights(act, account)
    return account


def enable_account(act: Act, account_id: UUID) -> Account:
    """Open an account again; it signs in anew, and old tokens stay dead."""
    account = _managed_member(act, account_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        account.failures, account.locked_until = 0, None
        _record_rights(act, account)
    return account


def _record_rights(act: Act, account: Account) -> None:
    act.record(
        "account",
        account.id,
        party=account.party_id,
        roles=account.roles,
        disabled=account.disabled_at is not None,
    )


def change_member(act: Act, account_id: UUID, changes: Mapping[str, Any]) -> Account:
    """Roles, disabled, or both."""
    account = _managed_member(act, account_id)
    if "roles" in changes:
        set_roles(act, account_id, changes["roles"])
    if "disabled" in changes:
        (disable_account if changes["disabled"] else enable_account)(act, account_id)
    return account


def make_link(act: Act, account_id: UUID) -> str:
    """A new one-time link for a member who forgot the password; earlier ones end."""
    account = _managed_member(act, account_id)
    if account.disabled_at is not None:
        raise Conflict(
            "account-disabled",
            Words("这个帐号已停用，请先启用。", "The account is disabled; enable it first."),
        )
    return new_link(act, account)


def who(act: Act) -> Account:
    """The account that asks."""
    if act.actor.account is None:
        raise Unauthenticated("sign-in-first", Words("请先登录。", "Sign in first."))
    return act.session.get_one(Account, act.actor.account)
