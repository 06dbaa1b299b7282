"""What the command line does for accounts: the first admin, without any default password."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import ADMIN, AUTHORITY, HOUSE, Act, transaction
from core.errors import Conflict, invalid_field
from core.identity import access, service
from core.identity.models import Account, Party
from core.words import Words


def first_admin(
    session: Session, *, party_name: str, credit_code: str, login: str, name: str
) -> str:
    """The path of a one-time link, valid 30 minutes, for an admin of the authority.

    Makes party and account where they are missing; where the account exists it only gets a new
    link, so that a lost password never locks the house. Commits.
    """
    if re.fullmatch(access.LOGIN, login) is None:
        raise invalid_field(
            "login-form",
            "/login",
            f"登录名 {login} 不合格式：3 至 60 个小写字母、数字和 . _ @ + -",
            f"Login {login} does not fit: 3 to 60 small letters, digits and . _ @ + -",
        )
    with transaction(session, HOUSE) as act:
        party = _authority(act, party_name, service.checked_credit_code(credit_code))
        account = session.scalars(select(Account).where(Account.login == login)).first()
        if account is None:
            draft = service.MemberDraft(login, name, (ADMIN, AUTHORITY))
            return service.invite_member(act, party.id, draft).path
        if account.party_id != party.id:
            raise Conflict(
                "login-taken",
                Words(
                    f"登录名 {login} 属于别的主体，请换一个。",
                    f"Login {login} belongs to another party; take another.",
                ),
            )
        service.enable_account(act, account.id)
        service.set_roles(act, account.id, [*account.roles, ADMIN, AUTHORITY])
        return access.new_link(act, account)


def _authority(act: Act, name: str, credit_code: str) -> Party:
    party = act.session.scalars(select(Party).where(Party.credit_code == credit_code)).first()
    if party is None:
        return service.register_party(act, service.PartyDraft(name, credit_code, [AUTHORITY]))
    if AUTHORITY not in party.roles:
        raise Conflict(
            "not-an-authority",
            Words(f"{party.name} 不是主管部门。", f"{party.name} is not an authority."),
        )
    return party
