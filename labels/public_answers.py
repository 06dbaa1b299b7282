"""What the pages that a code or a link opens have in common: for anybody, and never kept."""

from flask import Response, request


def public(answer: Response) -> Response:
    """Read anew each time, in the language and form asked for, and nobody learns from where."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.vary.update(("Accept", "Accept-Language"))
    return answer


def wants_json() -> bool:
    """Whether the same facts are asked for as JSON: by `f=json`, or else by Accept."""
    asked = request.args.get("f")
    if asked is not None:
        return asked == "json"
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]
