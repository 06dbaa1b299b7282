"""Logging and correcting the facts of a stage: forms with values, documents and photos."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import not_found
from core.http.acting import current_act, writes
from core.pages.views import say
from desks.checklist import boxes
from desks.cooperative_batch import batch_page
from desks.cooperative_sheet import Shelf, boxes_with
from desks.entered import under
from desks.forms import Entered, attempt, loaded
from products.requirements import STAGE_NAMES, STAGES
from trace.batches import service as log
from trace.batches.drafts import EventDraft
from trace.batches.models import Batch, Event
from trace.batches.schemas import CorrectionIn, EventIn
from trace.inspections import rejudge

cooperative_log = Blueprint(
    "cooperative_log", __name__, url_prefix="/coop/batches", template_folder="templates"
)
MOST_BOXES = 200
PHOTO = "照片"
"""What a file is called whose name nobody gave."""


@dataclass(frozen=True)
class StageForm:
    """The posted form of one stage: every box is called `<stage>-<name>`."""

    stage: str

    def text(self, name: str) -> str:
        """What stands in a box, without blanks around."""
        return request.form.get(f"{self.stage}-{name}", "").strip()

    def filled(self) -> list[int]:
        """The numbers of the value boxes with something in them."""
        return [place for place in range(MOST_BOXES) if self.text(f"typed-{place}")]

    def places(self) -> dict[str, str]:
        """Where the faults of the schema belong."""
        found = {"documents": "files-name"}
        for place, box in enumerate(self.filled()):
            for part in ("", "/typed", "/unit", "/characteristic", "/detection_limit"):
                found[f"readings/{place}{part}"] = f"typed-{box}"
        return found

    def values(self) -> dict[str, Any]:
        """The boxes as the schema takes them; an empty one is absent."""
        said = {name: self.text(name) for name in ("happened_on", "place", "note", "reason")}
        readings = [
            {
                "characteristic": self.text(f"characteristic-{box}"),
                "typed": self.text(f"typed-{box}"),
                "unit": self.text(f"unit-{box}"),
            }
            for box in self.filled()
        ]
        return {
            "stage": self.stage,
            "readings": readings,
            **{name: text for name, text in said.items() if text},
        }

    def documents(self, kept: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
        """Those kept of an older entry, those that the plan asks for by name, and any others."""
        chosen = request.form.getlist(f"{self.stage}-keep")
        found = [dict(named) for named in kept if named["document"] in chosen]
        place = 0
        while name := self.text(f"document-name-{place}"):
            stored = store_received(f"{self.stage}-document-{place}")
            found += [{"name": name, "document": str(row.id)} for row in stored]
            place += 1
        name, names = self.text("files-name") or PHOTO, {named["name"] for named in found}
        for row in store_received(f"{self.stage}-files"):
            free = next(text for text in _numbered(name) if text not in names)
            names.add(free)
            found.append({"name": free, "document": str(row.id)})
        return found


def _numbered(name: str) -> Iterator[str]:
    """照片, 照片 2, 照片 3 …"""
    yield name
    yield from (f"{name} {place}" for place in count(2))


def _posted_stage() -> str:
    """The stage whose form was sent; a page that names another was not ours."""
    stage = request.form.get("stage", "")
    if stage not in STAGES:
        raise not_found("环节", "stage")
    return stage


@cooperative_log.post("/<uuid:batch_id>/events")
def log_event(batch_id: UUID) -> Response:
    """Log a fact of one stage."""
    form = StageForm(_posted_stage())
    return attempt(
        lambda: _log(batch_id, form),
        lambda entered: batch_page(batch_id, under(form.stage, entered, form.places())),
    )


@receives
@writes
def _log(batch_id: UUID, form: StageForm) -> AnyResponse:
    draft = loaded(EventIn(), {**form.values(), "documents": form.documents()})
    rejudge.log_stage(current_act(), batch_id, EventDraft(**draft))
    flash(_("%(stage)s已记好。", stage=say(STAGE_NAMES[form.stage])), "pass")
    return redirect(_row_of(batch_id, form.stage), 303)


def _row_of(batch_id: UUID, stage: str) -> str:
    return url_for("cooperative_batch.batch", batch_id=batch_id, _anchor=stage)


@cooperative_log.get("/<uuid:batch_id>/events/<uuid:event_id>/correction")
def correction(batch_id: UUID, event_id: UUID) -> str:
    """The form that corrects an entry."""
    return _correction_page(batch_id, event_id, Entered())


@cooperative_log.post("/<uuid:batch_id>/events/<uuid:event_id>/correction")
def correct_event(batch_id: UUID, event_id: UUID) -> Response:
    """A new fact in the place of an old one; both stay to be seen."""
    form = StageForm(_own_event(current_act(), batch_id, event_id)[1].stage)
    return attempt(
        lambda: _correct(batch_id, event_id, form),
        lambda entered: _correction_page(
            batch_id, event_id, under(form.stage, entered, form.places())
        ),
    )


@receives
@writes
def _correct(batch_id: UUID, event_id: UUID, form: StageForm) -> AnyResponse:
    act = current_act()
    _batch, event = _own_event(act, batch_id, event_id)
    kept = form.documents(event.documents)
    draft = loaded(CorrectionIn(), {**form.values(), "documents": kept})
    reason = draft.pop("reason")
    rejudge.correct_stage(act, event.id, EventDraft(**draft), reason)
    flash(_("已更正，原来的记录也留着。"), "pass")
    return redirect(_row_of(batch_id, form.stage), 303)


def _own_event(act: Act, batch_id: UUID, event_id: UUID) -> tuple[Batch, Event]:
    """An entry of this batch; NotFound for one of another or of somebody else's."""
    batch = log.visible_batch(act, batch_id)
    event = log.visible_event(act, event_id)
    held = {row.id for row in log.events_of(act.session, batch.id)}
    if event.id not in held or batch.party_id != act.actor.party:
        raise not_found("记录", "entry")
    return batch, event


def _correction_page(batch_id: UUID, event_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch, event = _own_event(act, batch_id, event_id)
    return render_template(
        "cooperative/correction.html",
        batch=batch,
        event=event,
        stage=event.stage,
        stage_name=say(STAGE_NAMES[event.stage]),
        boxes=boxes_with(boxes(event.stage, Shelf(act.session).rules_of(batch)), event),
        entered=entered,
        today=act.today,
    )
