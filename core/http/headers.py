"""Security headers on every answer, and a nonce for the passport's one inline style."""

import secrets

from flask import Flask, Response, g, request

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def csp_nonce() -> str:
    """The nonce of this answer, made when a template first asks for it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def install_headers(app: Flask) -> None:
    """Add the headers to every answer of `app`."""
    app.after_request(_add)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def _add(answer: Response) -> Response:
    for name, value in _COMMON.items():
        answer.headers.setdefault(name, value)
    style = f"'nonce-{g.csp_nonce}'" if "csp_nonce" in g else "'self'"
    answer.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; style-src {style}; img-src 'self' data:; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    if request.path.startswith("/api") or ("actor" in g and g.actor.account is not None):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
