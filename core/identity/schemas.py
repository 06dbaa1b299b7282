"""Parties, members and tokens at the edge: one schema in, one out."""

from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError, fields

from core.http.fields import Choice, CleanText, PageQuery, Pattern, Strict, WordsOut
from core.identity.access import LOGIN
from core.identity.models import ACCOUNT_ROLES, PARTY_ROLES
from core.words import Words

_LOGIN_WORDS = Words(
    "登录名 3 至 60 个字符：小写字母、数字和 . _ @ + -，以字母或数字开头",
    "A login has 3 to 60 characters: small letters, digits and . _ @ + -, a letter or digit first",
)
_MOMENT_WORDS: dict[str, Any] = {
    "invalid": Words("须为时间，如 2027-01-01T00:00:00+08:00", "Must be a moment with its zone"),
    "invalid_awareness": Words("时间要带时区，如 +08:00", "The moment needs its zone"),
}


def _some(values: Sequence[object]) -> None:
    if not values:
        raise ValidationError([Words("至少选一个", "At least one is needed")])


class PartyQuery(PageQuery):
    """Search by name or credit code, and by role."""

    q = CleanText(60, blank=True)
    role = Choice(PARTY_ROLES)


class PartyIn(Strict):
    """A party to be registered."""

    name = CleanText(120, required=True)
    short_name = CleanText(40, allow_none=True)
    credit_code = CleanText(30, required=True, metadata={"description": "统一社会信用代码"})
    roles = fields.List(Choice(PARTY_ROLES), required=True, validate=_some)
    address = CleanText(200, allow_none=True)
    contact = CleanText(60, allow_none=True)


class PartyChange(Strict):
    """What is to be changed of a party; what is absent stays."""

    name = CleanText(120)
    short_name = CleanText(40, allow_none=True)
    roles = fields.List(Choice(PARTY_ROLES), validate=_some)
    address = CleanText(200, allow_none=True)
    contact = CleanText(60, allow_none=True)


class PartyOut(Strict):
    """A party; address, contact and the rest only for itself and the authority."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    credit_code = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    short_name = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    contact = fields.String(allow_none=True)
    sample = fields.Boolean()
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    warnings = fields.List(fields.Nested(WordsOut))


class MemberIn(Strict):
    """A person to be invited."""

    login = Pattern(LOGIN, _LOGIN_WORDS, 60, required=True)
    name = CleanText(60, required=True)
    roles = fields.List(Choice(ACCOUNT_ROLES), required=True)


class MemberChange(Strict):
    """Rights of an account; what is absent stays."""

    roles = fields.List(Choice(ACCOUNT_ROLES))
    disabled = fields.Boolean()


class MemberOut(Strict):
    """An account as its party and the authority see it."""

    id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    disabled = fields.Function(
        lambda account: account.disabled_at is not None,
        required=True,
        metadata={"type": "boolean"},
    )
    created_at = fields.AwareDateTime(required=True)


_TOLD_ONCE = {"description": "told once: null when the same request is sent again"}


class InvitationOut(MemberOut):
    """A new account and the path of the link that sets its password."""

    link = fields.String(allow_none=True, dump_default=None, metadata=_TOLD_ONCE)


class LinkOut(Strict):
    """The path of a link that sets a password once, within 30 minutes."""

    link = fields.String(allow_none=True, dump_default=None, metadata=_TOLD_ONCE)


class PartyBrief(Strict):
    """The party that an account acts for."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)


class WhoOut(Strict):
    """The account that asks, with the roles that count."""

    id = fields.UUID(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    party = fields.Nested(PartyBrief, required=True)


class TokenIn(Strict):
    """A token to be made."""

    name = CleanText(60, required=True)
    expires_at = fields.AwareDateTime(allow_none=True, error_messages=_MOMENT_WORDS)


class TokenOut(Strict):
    """A token without its text."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    prefix = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(allow_none=True)


class TokenMade(TokenOut):
    """A new token and its text."""

    token = fields.String(allow_none=True, dump_default=None, metadata=_TOLD_ONCE)
