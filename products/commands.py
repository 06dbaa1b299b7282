"""What loading the built-in catalogue says on the command line."""

from collections import Counter

from core.words import Words
from products.catalogue.changes import Change

_ACTIONS = {
    "added": Words("新增", "added"),
    "updated": Words("更新", "updated"),
    "kept": Words("保留（有人改过）", "kept (edited by a person)"),
    "retired": Words("停用", "retired"),
}


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
