"""Documents at the edge."""

from flask_smorest.fields import Upload
from marshmallow import fields

from core.http.fields import Strict


class DocumentIn(Strict):
    """A form with one file: PDF, JPEG or PNG, at most 10 MB and 25 megapixels."""

    file = Upload(required=True)


class DocumentOut(Strict):
    """What is known of a document; a picture's size and hash are of the copy without EXIF."""

    id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    stored_at = fields.AwareDateTime(required=True)
