"""REST of alarms."""

from typing import Any

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.paging import page_arguments
from labels import alarms as verbs
from labels.alarm_schemas import AlarmOut, AlarmQuery, AlarmWordIn
from labels.alarm_words import KINDS
from labels.alarms import OPEN, Told

alarms = Blueprint("alarms", __name__, description="提醒 what does not fit in the books")


@alarms.route("/alarms")
@alarms.arguments(AlarmQuery, location="query")
@alarms.response(200, AlarmOut(many=True))
def list_alarms(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """One's own alarms, all for the authority, latest first."""
    paging = page_arguments(args)
    kinds = [args["kind"]] if "kind" in args else KINDS
    wanted = args.get("standing", OPEN) == OPEN
    told = [one for one in verbs.alarms_of(current_act(), kinds) if one.open is wanted]
    page = verbs.page_of_alarms(told, **paging)
    return page.rows, page.headers()


@alarms.route("/alarms/<string:key>/words", methods=["POST"])
@writes
@alarms.arguments(AlarmWordIn)
@alarms.response(201, AlarmOut)
def acknowledge(draft: dict[str, Any], key: str) -> tuple[Told, dict[str, str]]:
    """Say a word about an alarm: it is silent until something of it changes."""
    act = current_act()
    verbs.acknowledge(act, key, draft["word"])
    return verbs.told_of(act, key), {"Location": "/api/v1/alarms?standing=acknowledged"}
