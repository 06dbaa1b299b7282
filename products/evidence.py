"""Evidence for what an authority says: an uploaded document of its own."""

from uuid import UUID

from core.act import Act
from core.documents.models import Document
from core.errors import invalid_field


def checked_evidence(act: Act, document: UUID | None, pointer: str = "/evidence") -> UUID | None:
    """`document` itself, if it is one of the actor's party; Invalid otherwise."""
    if document is None:
        return None
    row = act.session.get(Document, document)
    if row is None or row.party_id != act.actor.party:
        raise invalid_field(
            "no-such-document",
            pointer,
            "没有这份文件，请先上传",
            "No such document; upload it first",
        )
    return document
