"""REST of documents and photos."""

from typing import Any
from uuid import UUID

from flask import Response, send_file
from flask_smorest import Blueprint
from marshmallow import RAISE

from core.documents.models import Document
from core.documents.pictures import EXTENSIONS, PDF
from core.documents.receiving import folder, receives, store_received
from core.documents.schemas import DocumentIn, DocumentOut
from core.documents.service import path_of, read_document
from core.errors import invalid_field
from core.http.acting import current_act, writes

documents = Blueprint("documents", __name__, description="文件和照片 documents and photos")
_OCTETS = {"schema": {"type": "string", "format": "binary"}}


@documents.route("/documents", methods=["POST"])
@receives
@writes
@documents.arguments(DocumentIn, location="files", unknown=RAISE)
@documents.response(201, DocumentOut)
def store_document(_files: dict[str, Any]) -> tuple[Document, dict[str, str]]:
    """Store a PDF, JPEG or PNG; pictures are made anew, without EXIF."""
    kept = store_received("file")
    if len(kept) != 1:
        raise invalid_field("one-file", "/file", "请放一个文件", "Send one file")
    document = kept[0]
    return document, {"Location": f"/api/v1/documents/{document.id}"}


@documents.route("/documents/<uuid:document_id>", methods=["GET"])
@documents.response(200, DocumentOut)
def get_document(document_id: UUID) -> Document:
    """What is known of a document."""
    return read_document(current_act(), document_id)


@documents.route("/documents/<uuid:document_id>/content", methods=["GET"])
@documents.doc(
    responses={200: {"description": "OK", "content": {kind: _OCTETS for kind in EXTENSIONS}}}
)
def get_content(document_id: UUID) -> Response:
    """Its bytes: a PDF to be saved, a picture to be looked at."""
    return content(read_document(current_act(), document_id))


def content(document: Document) -> Response:
    """A document's bytes, served so that nothing in them can act as a page of ours."""
    answer = send_file(
        path_of(folder(), document.id, document.media_type),
        mimetype=document.media_type,
        as_attachment=document.media_type == PDF,
        download_name=document.name,
        etag=document.sha256,
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
