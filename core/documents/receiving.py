"""Uploads in a request: cleaned before the transaction begins, so that no write waits for them."""

import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ParamSpec

from flask import Response, current_app, g, request

from core.database.engine import db
from core.documents.models import Document
from core.documents.pictures import Cleaned, cleaned
from core.documents.service import path_of, store
from core.errors import TooLarge
from core.http.acting import current_act
from core.settings import Settings
from core.words import Words

MOST_FILES = 10
P = ParamSpec("P")


def folder() -> Path:
    """Where documents lie."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.documents


def receives(view: Callable[P, Any]) -> Callable[P, Response]:
    """Clean every file of the request, then let `view` run; goes above `@writes`.

    `view` keeps them with `store_received`. What an undone write had placed is removed again.
    """

    @functools.wraps(view)
    def received(*args: P.args, **kwargs: P.kwargs) -> Response:
        sent = [(name, file) for name, file in request.files.items(multi=True) if file.filename]
        if len(sent) > MOST_FILES:
            words = Words(f"一次最多 {MOST_FILES} 个文件。", f"At most {MOST_FILES} files at once.")
            raise TooLarge("too-many-files", words)
        db.session.rollback()  # nobody's connection is held while pictures are worked on
        g.placed = []
        with ExitStack() as stack:
            g.received = [
                (name, stack.enter_context(cleaned(file.stream, folder(), f"/{name}")), file)
                for name, file in sent
            ]
            try:
                answer: Response = view(*args, **kwargs)
            except BaseException:
                _remove_placed()
                raise
        if answer.status_code >= 400:
            _remove_placed()
        return answer

    return received


def _remove_placed() -> None:
    for path in g.placed:
        path.unlink(missing_ok=True)


def store_received(field: str) -> list[Document]:
    """Keep the files that came in `field` of the form, inside the present act."""
    act, kept = current_act(), []
    files: list[tuple[str, Cleaned, Any]] = g.get("received", [])
    for name, file, sent in files:
        if name == field:
            document = store(act, folder(), file, sent.filename or "")
            g.placed.append(path_of(folder(), document.id, document.media_type))
            kept.append(document)
    return kept
