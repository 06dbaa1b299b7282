"""ETag and If-Match (RFC 9110 section 13): a change says which version it is meant for."""

from uuid import UUID

from flask import request

from core.errors import Stale, Unconditional
from core.words import Words


def etag(identity: UUID | str, version: int) -> str:
    """The strong validator of a thing's version."""
    return f'"{identity}-{version}"'


def check_if_match(identity: UUID | str, version: int) -> None:
    """Refuse unless the request names the present version (header, or the form's `_version`)."""
    given = request.headers.get("If-Match")
    if given is None and "_version" in request.form:
        given = f'"{identity}-{request.form["_version"]}"'
    if given is None:
        raise Unconditional(
            "if-match-missing",
            Words("请带 If-Match，说明改的是哪一版。", "Send If-Match with the version you saw."),
        )
    if given != "*" and given != etag(identity, version):
        raise Stale(
            "stale",
            Words(
                "打开之后已经有别人改过，请看新的内容再改；您填的还在。",
                "Someone changed it since you opened it. See the new one; what you typed is kept.",
            ),
        )
