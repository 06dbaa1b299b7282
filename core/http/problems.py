"""One handler for every error of the whole app.

Under /api the answer is application/problem+json (RFC 9457); elsewhere the same facts as a page.
"""

from collections.abc import Iterator

import structlog
from flask import Flask, Response, json, render_template, request
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException

from core import errors
from core.errors import FieldFault, Refusal
from core.http.language import language
from core.words import Words

PROBLEM_JSON = "application/problem+json"
_STATUS: dict[type[Refusal], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.LengthMissing: 411,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.WrongMedia: 415,
    errors.Invalid: 422,
    errors.Unconditional: 428,
    errors.Busy: 503,
}
_HTTP_WORDS: dict[int, tuple[str, Words, Words]] = {
    400: (
        "bad-request",
        Words("请求不完整", "The request is not whole"),
        Words("服务器读不懂这个请求。", "The server cannot read this request."),
    ),
    404: (
        "not-found",
        Words("没有找到", "Not found"),
        Words("这里没有这一页。", "There is no such page."),
    ),
    405: (
        "method-not-allowed",
        Words("不能这样访问", "Method not allowed"),
        Words(
            "这个地址不接受这种请求，可用的见 Allow。",
            "This address does not take this method; see Allow.",
        ),
    ),
    406: (
        "not-acceptable",
        Words("没有这种格式", "Not acceptable"),
        Words("没有您要的格式。", "There is no such representation."),
    ),
    413: (
        "too-large",
        Words("内容太大", "Too large"),
        Words("发送的内容超过上限。", "What was sent is over the limit."),
    ),
    415: (
        "wrong-media-type",
        Words("内容格式不支持", "Unsupported media type"),
        Words("请用 application/json 发送。", "Send it as application/json."),
    ),
    422: (
        "invalid",
        Words("填写的内容有误", "Something entered is not valid"),
        Words("请按每一栏的说明更正。", "Correct the fields as told at each."),
    ),
    429: (
        "too-many",
        Words("太频繁", "Too many requests"),
        Words("请过一会儿再试。", "Please try again later."),
    ),
    500: (
        "server-error",
        Words("服务器出错", "Server error"),
        Words(
            "出了差错，什么都没有保存，请稍后再试。",
            "Something failed; nothing was stored. Please try again.",
        ),
    ),
}
# What the database itself refuses, by a part of its message.
_GUARDS: tuple[tuple[str, str, Words], ...] = (
    (
        "goods_exist",
        "quantity-exceeded",
        Words("数量不够，账上没有这么多。", "There is not that much on the books."),
    ),
    (
        "append only",
        "append-only",
        Words("已记下的不能改，只能更正。", "What is recorded cannot change, only be corrected."),
    ),
    (
        "no label without",
        "not-released",
        Words("这批没有放行，不能出标签。", "The batch is not released; no labels."),
    ),
    (
        "no release without",
        "not-conforming",
        Words("没有合格的判定，不能放行。", "No release without a conforming verdict."),
    ),
    (
        "label serials overlap",
        "serials-overlap",
        Words("标签序号重复。", "The label serials overlap."),
    ),
)
_IN_EACH_OTHERS_WAY = ("deadlock detected", "database is locked", "could not obtain lock")
_BUSY = Words(
    "同时写入的人太多，什么都没有保存，请过几秒再试。",
    "Too many are writing at once; nothing was stored. Please try again in a few seconds.",
)
_TWICE = Words(
    "已经有同样的一条，可能有人同时提交，请刷新后再看。",
    "There is one like it already, perhaps sent at the same time; reload and look.",
)
log = structlog.get_logger()


def install_problems(app: Flask) -> None:
    """Answer every error of `app` in one way."""
    app.register_error_handler(Refusal, _answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(DBAPIError, _answer_database)
    app.register_error_handler(Exception, _answer_unexpected)


def status_of(refusal: Refusal) -> int:
    """The HTTP status that a refusal answers with."""
    return _STATUS[type(refusal)]


def _answer_refusal(refusal: Refusal) -> Response:
    answer = problem_response(
        status_of(refusal),
        refusal.code,
        refusal.title,
        refusal.detail,
        refusal.faults,
        more=refusal.more,
    )
    if isinstance(refusal, errors.Busy):
        answer.headers["Retry-After"] = "2"
    return answer


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # werkzeug types it as the sansio base
    code, title, detail = _HTTP_WORDS.get(status, _HTTP_WORDS[400 if status < 500 else 500])
    faults = tuple(faults_of_messages(getattr(error, "data", {}).get("messages", {})))
    answer = problem_response(status, code, title, detail, faults)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _answer_database(error: DBAPIError) -> Response:
    if isinstance(error, IntegrityError) or "append only" in str(error.orig):
        for part, code, words in _GUARDS:
            if part in str(error.orig):
                return problem_response(409, code, errors.Conflict.title, words)
        if "unique" in str(error.orig).lower():
            return problem_response(409, "already-exists", errors.Conflict.title, _TWICE)
    if any(part in str(error.orig) for part in _IN_EACH_OTHERS_WAY):
        return _answer_refusal(errors.Busy("busy", _BUSY))
    return _answer_unexpected(error)


def _answer_unexpected(error: Exception) -> Response:
    if isinstance(error, RecursionError):  # JSON nested deeper than anybody means
        return problem_response(400, *_HTTP_WORDS[400])
    log.error("unexpected", path=request.path, method=request.method, exc_info=error)
    return problem_response(500, *_HTTP_WORDS[500])


def faults_of_messages(messages: object, pointer: str = "") -> Iterator[FieldFault]:
    """marshmallow's nested messages as faults with JSON pointers.

    A message may be Words or plain text; webargs puts the place ('json', 'query' …) on top.
    """
    if isinstance(messages, dict):
        for key, inner in messages.items():
            at_top = pointer == "" and key in ("json", "query", "form", "files", "path", "headers")
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from faults_of_messages(inner, pointer if at_top else f"{pointer}/{escaped}")
    elif isinstance(messages, list | tuple) and not isinstance(messages, Words):
        for inner in messages:
            yield from faults_of_messages(inner, pointer)
    elif isinstance(messages, Words):
        yield FieldFault(pointer.removesuffix("/_schema"), messages)
    else:
        yield FieldFault(pointer.removesuffix("/_schema"), _known(str(messages)))


_MARSHMALLOW = {
    "Missing data for required field.": Words("必填", "Required"),
    "Unknown field.": Words("没有这个栏目", "There is no such field"),
    "Field may not be null.": Words("不能为空", "May not be null"),
    "Not a valid string.": Words("须为文字", "Must be text"),
    "Not a valid integer.": Words("须为整数", "Must be a whole number"),
    "Not a valid boolean.": Words("须为是或否", "Must be true or false"),
    "Not a valid date.": Words("须为日期，如 2026-11-08", "Must be a date such as 2026-11-08"),
    "Not a valid UUID.": Words("须为 UUID", "Must be a UUID"),
    "Not a valid list.": Words("须为列表", "Must be a list"),
    "Invalid input type.": Words("须为一个对象", "Must be an object"),
    "Invalid JSON body.": Words("不是完整的 JSON", "Not whole JSON"),
}


def _known(message: str) -> Words:
    return _MARSHMALLOW.get(message, Words(message, message))


def problem_response(
    status: int,
    code: str,
    title: Words,
    detail: Words,
    faults: tuple[FieldFault, ...] = (),
    more: dict[str, object] | None = None,
) -> Response:
    """The problem as JSON under /api, as a page elsewhere."""
    tongue = language()
    facts: dict[str, object] = {
        "type": f"urn:biaoyuan:problem:{code}",
        "title": title.said_in(tongue),
        "status": status,
        "detail": detail.said_in(tongue),
        "code": code,
        "errors": [
            {
                "pointer": f.pointer,
                "message": f.message.said_in(tongue),
                "zh": f.message.zh,
                "en": f.message.en,
            }
            for f in faults
        ],
        "detail_zh": detail.zh,
        "detail_en": detail.en,
        **(more or {}),
    }
    if request.path.startswith("/api"):
        return Response(json.dumps(facts), status, mimetype=PROBLEM_JSON)
    return Response(render_template("problem.html", problem=facts), status, mimetype="text/html")
