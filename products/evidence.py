"""Evidence for what an authority says: an uploaded document."""

from uuid import UUID

from core.act import Act
from core.documents.service import read_document
from core.errors import NotFound, invalid_field


def checked_evidence(act: Act, document: UUID | None, pointer: str = "/evidence") -> UUID | None:
    """`document` itself, if the actor may see it; Invalid otherwise."""
    if document is None:
        return None
    try:
        return read_document(act, document).id
    except NotFound as missing:
        raise invalid_field(
            "no-such-document",
            pointer,
            "没有这份文件，请先上传",
            "No such document; upload it first",
        ) from missing
