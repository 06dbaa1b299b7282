"""The API as documented is the API as it is: docs/openapi.json is what the app says."""

import json
from pathlib import Path

from flask import Flask

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_what_the_app_says(app: Flask) -> None:
    said = app.test_client().get("/api/v1/openapi.json").get_json()
    kept = json.loads(COMMITTED.read_text())
    assert said == kept, "run `make openapi` and look at the difference"


def test_every_write_documents_its_key_and_its_refusals(app: Flask) -> None:
    said = app.test_client().get("/api/v1/openapi.json").get_json()
    assert said["openapi"] == "3.1.0"
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            if method not in ("post", "put", "patch", "delete"):
                continue
            names = {p.get("name") for p in operation.get("parameters", [])}
            assert "Idempotency-Key" in names, f"{method} {path}"
