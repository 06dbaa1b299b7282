"""Alarms at the edge."""

from marshmallow import fields

from core.http.fields import Choice, CleanText, PageQuery, Strict, WordsOut
from labels.alarm_words import KINDS
from labels.alarms import STANDINGS


class AlarmQuery(PageQuery):
    """Open ones unless asked for otherwise."""

    kind = Choice(KINDS)
    standing = Choice(STANDINGS)


class AlarmWordIn(Strict):
    """What is said about an alarm."""

    word = CleanText(500, required=True, lines=True)


class AlarmWordOut(Strict):
    """A word about an alarm, and who said it."""

    id = fields.UUID(required=True)
    word = fields.String(required=True)
    by_authority = fields.Boolean(required=True)
    party_id = fields.UUID(required=True)
    party_name = fields.String(required=True, attribute="party.name")
    at = fields.AwareDateTime(required=True)


class SubjectOut(Strict):
    """What an alarm is about: `id` of a batch, run, plot, hand-over; of a balance the product."""

    kind = fields.String(required=True)
    id = fields.UUID(required=True)
    party = fields.UUID(required=True, allow_none=True)
    year = fields.Integer(required=True, allow_none=True)
    batch = fields.UUID(required=True, allow_none=True)


class AlarmOut(Strict):
    """One alarm: a sentence with its numbers. The key changes with them."""

    key = fields.String(required=True, attribute="alarm.key")
    kind = Choice(KINDS, required=True, attribute="alarm.kind")
    state = fields.String(required=True, attribute="alarm.state")
    sentence = fields.Nested(WordsOut, required=True, attribute="alarm.sentence")
    why = fields.Nested(WordsOut, required=True, attribute="alarm.why")
    subject = fields.Nested(SubjectOut, required=True, attribute="alarm.subject")
    parties = fields.List(fields.UUID(), required=True, attribute="alarm.parties")
    at = fields.AwareDateTime(required=True, attribute="alarm.at")
    open = fields.Boolean(required=True)
    words = fields.List(fields.Nested(AlarmWordOut), required=True)
