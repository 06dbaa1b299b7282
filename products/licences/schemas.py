"""Licences and trade items at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import CleanText, DecimalString, PageQuery, Strict


class LicenceIn(Strict):
    """A licence from–to, both days included."""

    party = fields.UUID(required=True)
    product = CleanText(60, required=True, metadata={"description": "id or key"})
    starts = fields.Date(required=True)
    ends = fields.Date(allow_none=True)
    mark = fields.Boolean(metadata={"description": "the official mark may be used"})
    gi_record = fields.UUID(allow_none=True)
    source = CleanText(500, required=True, metadata={"description": "its basis"})
    evidence = fields.UUID(metadata={"description": "id of an uploaded document"})


class RevokeIn(Strict):
    """Why a licence is revoked."""

    reason = CleanText(500, required=True, lines=True)


class LicenceQuery(PageQuery):
    """By product and, for the authority, by party."""

    product = CleanText(60)
    party = fields.UUID()


class LicenceOut(Strict):
    """A licence."""

    id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    starts = fields.Date(required=True)
    ends = fields.Date(required=True, allow_none=True)
    mark = fields.Boolean(required=True)
    gi_record_id = fields.UUID(required=True, allow_none=True)
    source = fields.String(required=True, attribute="evidence")
    evidence = fields.UUID(required=True, allow_none=True, attribute="evidence_id")
    granted_at = fields.AwareDateTime(required=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    revoke_reason = fields.String(required=True, allow_none=True)


class TradeItemIn(Strict):
    """A GTIN that the party really holds, for one pack."""

    gtin = CleanText(30, required=True)
    product = CleanText(60, required=True, metadata={"description": "id or key"})
    net_content = DecimalString(required=True)
    unit = CleanText(10, required=True)


class TradeItemOut(Strict):
    """A trade item."""

    id = fields.UUID(required=True)
    gtin = fields.String(required=True)
    party_id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    net_content = fields.Integer(
        required=True, metadata={"description": "in the form's base: milligrams, or a count"}
    )
    created_at = fields.AwareDateTime(required=True)
