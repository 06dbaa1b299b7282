"""The verbs of documents: store what was cleaned, and read what one may see."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

from core.act import AUTHORITY, Act
from core.documents.models import Document
from core.documents.pictures import EXTENSIONS, Cleaned
from core.errors import not_found

LONGEST_NAME = 120
NAMELESS = "document"
SeenThrough = Callable[[Act, Document], bool]


def shown_name(typed: str, media_type: str) -> str:
    """The name that a person's file had, fit to be shown, with the extension of what it is.

    No folders, no characters that are invisible or turn the text, no leading dots.
    """
    last = typed.replace("\\", "/").rpartition("/")[2]
    stem = "".join(char for char in last if char.isprintable()).strip(" .")
    stem = stem.rpartition(".")[0].rstrip(" .") or stem
    ending = f".{EXTENSIONS[media_type]}"
    return (stem[: LONGEST_NAME - len(ending)].strip() or NAMELESS) + ending


def path_of(folder: Path, document_id: uuid.UUID, media_type: str) -> Path:
    """Where a document's bytes lie: under our own name, never under the sender's."""
    return folder / document_id.hex[:2] / f"{document_id}.{EXTENSIONS[media_type]}"


def store(act: Act, folder: Path, file: Cleaned, name: str) -> Document:
    """Keep a cleaned file for the actor's party; its bytes are on disk before the row is.

    If the transaction fails afterwards the bytes stay behind without a row, which harms nobody.
    """
    document = Document(
        id=uuid.uuid4(),
        party_id=act.party,
        account_id=act.actor.account,
        name=shown_name(name, file.media_type),
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        stored_at=act.at,
    )
    act.session.add(document)
    act.session.flush()
    _put(file.path, path_of(folder, document.id, file.media_type))
    act.record(
        "document",
        document.id,
        party=document.party_id,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256,
    )
    return document


def _put(passing: Path, place: Path) -> None:
    """Move a synced file to its place, durably."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    passing.rename(place)
    for folder in (place.parent, place.parent.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_document(act: Act, document_id: uuid.UUID, also: SeenThrough | None = None) -> Document:
    """A document of one's own party, any for the authority, and those that `also` lets through.

    `also` is for floors above, whose things refer to documents. NotFound otherwise.
    """
    document = act.session.get(Document, document_id)
    if document is not None and (
        act.actor.is_a(AUTHORITY)
        or document.party_id == act.actor.party
        or (also is not None and also(act, document))
    ):
        return document
    raise not_found("文件", "document")
