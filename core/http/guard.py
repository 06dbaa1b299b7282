"""What every request must pass: size, identity, permission, CSRF. Deny by default.

The permission table names each endpoint and who may call it; an endpoint that is not in it
answers 403, and a test of the house fails.
"""

from collections.abc import Mapping

from flask import Flask, g, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from core.act import NOBODY
from core.errors import Forbidden, LengthMissing, Malformed, TooLarge, Unauthenticated, WrongMedia
from core.identity.signing_in import SignedIn
from core.words import Words

PUBLIC = frozenset({"*"})
SIGNED_IN = frozenset({"+"})
Permissions = Mapping[str, frozenset[str]]
_FORMS = frozenset({"documents.store_document", "imports.import_sheet"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_OURS = Words(
    "页面已过期或请求不是从本站发出，请回到上一页刷新后再提交。",
    "The page is too old or the request came from elsewhere; reload and send again.",
)
csrf = CSRFProtect()


def install_guard(app: Flask, permissions: Permissions, longest_body: int) -> None:
    """Guard every request of `app`."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.config["MAX_CONTENT_LENGTH"] = longest_body
    app.config["MAX_FORM_PARTS"] = 1000
    app.config["MAX_FORM_MEMORY_SIZE"] = 2 * 1024 * 1024
    csrf.init_app(app)

    def guard() -> AnyResponse | None:
        _check_query()
        _check_body(longest_body)
        _who()
        refused = _check_permission(permissions)
        if refused is None:
            _check_media()
            _check_csrf()
        return refused

    app.before_request(guard)


def _check_query() -> None:
    """Bytes that are not UTF-8 would break every reading of the query, that of an error page too."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError as broken:
        request.query_string = b""
        raise Malformed(
            "bad-query",
            Words("网址中 ? 后面的内容不是 UTF-8。", "The query of the address is not UTF-8."),
        ) from broken


def _check_body(longest: int) -> None:
    """RFC 9110 section 8.6: a body needs its length; a chunked one would be cut silently."""
    if request.headers.get("Transfer-Encoding"):
        raise LengthMissing(
            "length-required",
            Words("请带 Content-Length，不收分块内容。", "Send Content-Length; no chunked bodies."),
        )
    length = request.content_length
    if length is not None and length > longest:
        raise TooLarge(
            "too-large",
            Words(f"最多 {longest} 字节。", f"At most {longest} bytes."),
        )


def _check_media() -> None:
    """A body under /api is JSON or, for files, a form; anything else would be read as empty."""
    if not request.path.startswith("/api") or request.method in _READING:
        return
    wanted = "multipart/form-data" if request.endpoint in _FORMS else "application/json"
    if request.content_length and request.mimetype != wanted:
        raise WrongMedia(
            "wrong-media-type",
            Words(f"请用 {wanted} 发送。", f"Send it as {wanted}."),
        )


def _who() -> None:
    user = current_user._get_current_object()
    g.by_token = isinstance(user, SignedIn) and user.by_token
    g.actor = user.actor if isinstance(user, SignedIn) else NOBODY


def _check_permission(permissions: Permissions) -> AnyResponse | None:
    if request.endpoint is None:
        return None
    allowed = permissions.get(request.endpoint, frozenset())
    if allowed == PUBLIC:
        return None
    if g.actor is NOBODY:
        if request.path.startswith("/api"):
            raise Unauthenticated(
                "sign-in-first",
                Words("请登录，或带上访问令牌。", "Sign in, or send a bearer token."),
            )
        return redirect(url_for("identity_pages.sign_in", next=request.full_path.rstrip("?")), 303)
    if allowed != SIGNED_IN and not g.actor.is_a(*allowed):
        raise Forbidden(
            "role-missing",
            Words("您的帐号没有做这件事的权限。", "Your account may not do this."),
        )
    return None


def _check_csrf() -> None:
    """A cookie proves nothing about where a request came from; a bearer token does."""
    if request.method in _READING or g.by_token:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null":
        host = origin.partition("://")[2]
        if host != request.host:
            raise Forbidden(
                "other-origin",
                Words("请求来自别的网站。", "The request came from another site."),
            )
    if request.path.startswith("/api") and g.actor is NOBODY:
        return
    if request.mimetype == "multipart/form-data" and "boundary" not in request.mimetype_params:
        raise Malformed("bad-form", Words("表单不完整。", "The form is not whole."))
    try:
        csrf.protect()
    except CSRFError as error:
        raise Forbidden("csrf", _NOT_OURS) from error
