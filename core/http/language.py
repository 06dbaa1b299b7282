"""Which language to answer in: ?lang= first, then Accept-Language; Chinese otherwise."""

from flask import has_request_context, request

CHINESE = "zh-Hans"
ENGLISH = "en"
LANGUAGE_COOKIE = "lang"


def language() -> str:
    """'zh-Hans' or 'en' for the present request."""
    if not has_request_context():
        return CHINESE
    asked = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if asked:
        return ENGLISH if asked.lower().startswith("en") else CHINESE
    best = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"], default="zh")
    return ENGLISH if best == "en" else CHINESE


def locale() -> str:
    """The same for Flask-Babel."""
    return "en" if language() == ENGLISH else "zh_Hans_CN"
