"""What the tests of the inspector's desk share: the boxes of a tea, filling and sending a sheet."""

import io
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from fpdf import FPDF
from PIL import Image
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.identity.models import Account
from core.identity.passwords import hash_password
from desks.entry_table import row_key
from tests.api.filling import form_on, send
from tests.api.looking import change, rows
from tests.api.test_main_job import MADE
from tests.people import Person
from trace.inspections.life_models import Worksheet
from trace.inspections.models import Disposition, Inspection

PASSWORD = "一杯春茶-2026"

LEAD, MOISTURE, DUST = row_key("铅（以Pb计）"), row_key("水分"), row_key("粉末")
SENSORY, CONTENT, GLYPHOSATE = row_key("感官品质"), row_key("净含量"), row_key("草甘膦")
CONFORMING = {SENSORY: "符合", MOISTURE: "5.8", DUST: "0.4", CONTENT: "符合"}


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def entry_of(batch: dict[str, Any]) -> str:
    return f"/lab/batches/{batch['id']}/entry"


def head(**more: str) -> dict[str, str]:
    """What stands above the table."""
    return {"number": f"YP-{uuid.uuid4().hex[:6]}", "sampled_on": MADE.isoformat(), **more}


def sent(
    browser: FlaskClient, path: str, values: Mapping[str, str], do: str = "save", **more: Any
) -> TestResponse:
    """The entry form of a page with these values, checked or saved."""
    form = form_on(browser, path, path.partition("?")[0])
    return send(browser, form, **{**head(), **values, "do": do, **more})


def saved(browser: FlaskClient, path: str, values: Mapping[str, str], **more: Any) -> str:
    """The path of the worksheet that was made."""
    answer = sent(browser, path, values, **more)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def recorded(
    person: Person, browser: FlaskClient, path: str, values: Mapping[str, str], **more: Any
) -> str:
    """The path of the report that came of it: saved on its page, then signed by two people."""
    return signed_by_two(person, saved(browser, path, values, **more))


def signed_by_two(person: Person, worksheet: str) -> str:
    """The path of the report of a worksheet: one person submits it, another verifies it."""
    sheet_id = worksheet.rpartition("/")[2]
    sheet = person.get(f"/worksheets/{sheet_id}").get_json()
    signed = {"content_sha256": sheet["content_sha256"]}
    person.made(f"/worksheets/{sheet_id}/submission", json=signed)
    person.colleague.made(f"/worksheets/{sheet_id}/verification", json=signed)
    return f"/lab/reports/{sheet_id}"


def give_password(app: Flask, person: Person) -> None:
    """Let somebody sign on pages, with PASSWORD."""
    change(
        app,
        update(Account)
        .where(Account.id == person.account)
        .values(password_hash=hash_password(PASSWORD, app.config["SETTINGS"].password_memory_kib)),
    )


def sheets(app: Flask) -> list[Worksheet]:
    return rows(app, select(Worksheet).order_by(Worksheet.created_at))


def reports(app: Flask) -> list[Inspection]:
    return rows(app, select(Inspection).order_by(Inspection.recorded_at))


def kinds(app: Flask, batch: dict[str, Any]) -> list[str]:
    query = select(Disposition.kind).where(Disposition.batch_id == uuid.UUID(batch["id"]))
    return rows(app, query.order_by(Disposition.number))


def row_of(page: str, key: str) -> str:
    """The row of a box, from its tr to the next."""
    at = page.index(f'id="{key}"')
    return page[page.rindex("<tr", 0, at) : page.index("</tr>", at)]


def pdf() -> tuple[io.BytesIO, str]:
    made = FPDF()
    made.add_page()
    return io.BytesIO(bytes(made.output())), "报告.pdf"


def photo() -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), (90, 140, 80)).save(made, "JPEG")
    made.seek(0)
    return made, "样品.jpg"
