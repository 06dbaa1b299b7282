"""The few ways in which a verb can refuse: each with a stable code and words in two languages.

Services raise these and know nothing of HTTP; core.http.problems turns them into an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.words import Words


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field: `pointer` is a JSON pointer (RFC 6901) into the request body."""

    pointer: str
    message: Words


class Refusal(Exception):
    """A verb says no, and nothing has happened.

    `code` is stable for programs, `detail` is for people, `faults` name the fields.
    """

    title = Words("不能这样做", "This cannot be done")

    def __init__(
        self, code: str, detail: Words, faults: Sequence[FieldFault] = (), **more: object
    ) -> None:
        super().__init__(f"{code}: {detail.en}")
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.more = more


class Invalid(Refusal):
    """What was sent cannot be true or cannot be read."""

    title = Words("填写的内容有误", "Something entered is not valid")


class Malformed(Refusal):
    """The request itself is not whole: a header is missing or a body cannot be parsed."""

    title = Words("请求不完整", "The request is not whole")


class Unauthenticated(Refusal):
    """Nobody is signed in, or the sign-in is over."""

    title = Words("请先登录", "Please sign in")


class Forbidden(Refusal):
    """The one who asks is known and may not do this."""

    title = Words("没有权限", "Not permitted")


class NotFound(Refusal):
    """There is no such thing, or none that the one who asks may know of."""

    title = Words("没有找到", "Not found")


class Conflict(Refusal):
    """The state of things does not allow it now."""

    title = Words("现在不能这样做", "This conflicts with the present state")


class Busy(Refusal):
    """Others are writing; nothing has happened, and a moment later it will go."""

    title = Words("正忙", "Busy")


class Stale(Refusal):
    """Somebody else changed the thing in between."""

    title = Words("内容已被别人修改", "It was changed in the meantime")


class Unconditional(Refusal):
    """A change was asked for without saying which version it is meant for."""

    title = Words("请说明修改的是哪一版", "Say which version is meant")


class TooLarge(Refusal):
    """More was sent than is taken."""

    title = Words("内容太大", "Too large")


class LengthMissing(Refusal):
    """A body came without saying how long it is (RFC 9110 section 15.5.12)."""

    title = Words("没有说明内容长度", "Content-Length is missing")


class WrongMedia(Refusal):
    """The body is of a kind that is not read here."""

    title = Words("内容格式不支持", "Unsupported media type")


def fault(pointer: str, zh: str, en: str) -> FieldFault:
    """Short for one field's fault."""
    return FieldFault(pointer, Words(zh, en))


def invalid_field(code: str, pointer: str, zh: str, en: str) -> Invalid:
    """A refusal because of one field, whose sentence is the whole story."""
    return Invalid(code, Words(zh, en), [fault(pointer, zh, en)])


def not_found(zh: str, en: str) -> NotFound:
    """The same words whether a thing is missing or somebody else's (DESIGN promise 7)."""
    return NotFound("not-found", Words(f"没有找到这个{zh}。", f"There is no such {en}."))
