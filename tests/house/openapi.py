"""`python -m tests.house.openapi` (`make openapi`) writes docs/openapi.json as the app says it."""

import json
import tempfile
from pathlib import Path

from core.settings import Settings
from wsgi import create_app

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def main() -> None:
    """Ask an app of the sample for its document, and keep it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            mode="sample", data=Path(folder), database_url=f"sqlite:///{folder}/none.sqlite",
            migrate_url=f"sqlite:///{folder}/none.sqlite", secret_key="only-to-write-documents-0123456789",
            label_origin="https://gi.example.cn", cookie_secure=False,
        )  # fmt: skip
        said = create_app(settings).test_client().get("/api/v1/openapi.json").get_json()
    COMMITTED.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
