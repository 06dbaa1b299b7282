"""The command line of products: loading the built-in catalogue."""

from collections import Counter

import click
from flask.cli import with_appcontext

from core.act import HOUSE, transaction
from core.database.engine import db
from core.words import Words
from products.catalogue.changes import Change
from products.catalogue.loader import load_catalogue

_ACTIONS = {
    "added": Words("新增", "added"),
    "updated": Words("更新", "updated"),
    "kept": Words("保留（有人改过）", "kept (edited by a person)"),
    "retired": Words("停用", "retired"),
}


@click.command("load-catalogue")
@with_appcontext
def load_catalogue_command() -> None:
    """Load the built-in catalogue; what people have edited stays."""
    with transaction(db.session, HOUSE) as act:
        changes = load_catalogue(act)
    for line in told(changes):
        click.echo(line)


def told(changes: list[Change]) -> list[str]:
    """What changed: new rows as counts, every other change by its name."""
    if not changes:
        return ["目录没有变化 / The catalogue is unchanged"]
    added = Counter(change.kind for change in changes if change.action == "added")
    lines = [_line("added", kind, str(times)) for kind, times in sorted(added.items())]
    named = [change for change in changes if change.action != "added"]
    return lines + [_line(change.action, change.kind, change.name) for change in named]


def _line(action: str, kind: str, what: str) -> str:
    words = _ACTIONS[action]
    return f"{words.zh} / {words.en}: {kind} {what}"
