"""Writes docs/LICENCES.md from the locks and the metadata of the installed packages.

`python -m tests.house.licences` (part of `make lock`) writes it; test_locks.py keeps it true.
"""

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTED = ROOT / "docs" / "LICENCES.md"
# No licence in the metadata, or nothing installed here to read it from: read in the package's own
# licence file instead.
READ_IN_THE_FILE = {
    "axe-playwright-python": "MIT (axe.min.js: MPL-2.0)",
    "colorama": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}
HEAD = """\
# Licences of what we build on / 依赖的许可证

Biaoyuan itself is under Apache-2.0 (LICENSE). Everything below is installed from its own package,
unchanged; nothing of it is copied into this repository. Written by `make lock` from the locks and
the packages' own metadata.

标源本身用 Apache-2.0（见 LICENSE）。以下各包均按原样安装，本仓库不含其代码；本表由 `make lock`
从锁定文件和各包自带的元数据生成。

By what they say of themselves nothing that runs in service is under the GPL or AGPL (a test keeps
it so). Three are under the LGPL and are used as ordinary, replaceable libraries: psycopg (with its
binary), fpdf2 and python-stdnum. The font is under the SIL Open Font License, which lets a document
carry it.

"""


def pins(lock: str) -> set[str]:
    """The names in a lock, `run` or `dev`."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def licence(name: str) -> str:
    """What a package says of its licence: SPDX expression, else a short text, else classifiers.

    Raises LookupError when it says nothing: then read its licence file and note it above.
    """
    if name in READ_IN_THE_FILE:
        return READ_IN_THE_FILE[name]
    said = metadata.metadata(name)
    for field in ("License-Expression", "License"):
        for text in said.get_all(field) or []:
            if 0 < len(text.strip()) <= 60 and "\n" not in text.strip():
                return str(text.strip())
    classifiers = [c for c in said.get_all("Classifier") or [] if c.startswith("License ::")]
    if not classifiers:
        raise LookupError(f"{name} names no licence: see its licence file, then READ_IN_THE_FILE")
    return ", ".join(c.split(" :: ")[-1] for c in classifiers)


def table() -> str:
    """The whole page."""
    run = pins("run")
    rows = [
        f"| {name} | {licence(name)} | {'service' if name in run else 'dev only'} |\n"
        for name in sorted(pins("dev"))
    ]
    return HEAD + "| package | licence | used in |\n|---|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    LISTED.write_text(table(), encoding="utf-8")
