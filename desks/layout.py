"""What every desk's page carries: its navigation, who is here, the other language."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request, url_for
from flask_babel import gettext as _

from core.act import ADMIN, AUTHORITY, INSPECTOR, NOBODY, PRODUCER, Actor
from core.http.acting import current_actor
from core.http.language import ENGLISH, LANGUAGE_COOKIE, language


@dataclass(frozen=True)
class Door:
    """One entry of the navigation."""

    href: str
    text: str
    current: bool


def install_layout(app: Flask) -> None:
    """Give every page its navigation, and keep the language that was chosen on a desk."""
    app.context_processor(_layout)
    app.after_request(_keep_language)


def _keep_language(answer: Response) -> Response:
    """A cookie for the desks; the passport sets none."""
    if "lang" in request.args and request.blueprint not in (
        None,
        "passport",
        "analysis",
        "promise_pages",
    ):
        answer.set_cookie(LANGUAGE_COOKIE, language(), max_age=31536000, samesite="Lax")
    return answer


def _layout() -> dict[str, Any]:
    actor = current_actor()
    return {
        "nav": _navigation(actor),
        "home": url_for("public.home"),
        "who": None if actor is NOBODY else _who(actor),
        "other_language": _other_language(),
    }


def _navigation(actor: Actor) -> list[Door]:
    doors = _desk_doors(actor)
    doors.append(("public.products", _("产品与标准")))
    doors.append(("statistics.outcomes", _("统计")))
    if actor is NOBODY:
        doors.append(("identity_pages.sign_in", _("登录")))
    here = request.endpoint or ""
    return [Door(url_for(name), text, name == here) for name, text in doors]


def _desk_doors(actor: Actor) -> list[tuple[str, str]]:
    """What the desks of the actor's roles offer."""
    doors: list[tuple[str, str]] = []
    if actor.is_a(PRODUCER):
        doors += [
            ("cooperative.today", _("今天")),
            ("cooperative.batches", _("批次")),
            ("cooperative_processing.processings", _("加工")),
            ("cooperative_transfers.transfers", _("交接")),
            ("cooperative.labels", _("标签")),
            ("cooperative_plots.plots", _("地块")),
            ("balances.own", _("物料平衡")),
            ("cooperative_promises.promises", _("合格证")),
            ("cooperative_standards.standards", _("自己的标准")),
            ("cooperative_recalls.recalls", _("追溯与召回")),
        ]
    if actor.is_a(INSPECTOR):
        doors += [
            ("inspector.today", _("送检")),
            ("inspector_orders.orders", _("抽样单")),
            ("inspector_tasks.sheets", _("记录与复核")),
            ("inspector.reports", _("报告")),
            ("inspector.type_inspections", _("型式检验")),
            ("inspector_instruments.instruments", _("仪器与方法")),
        ]
    if actor.is_a(AUTHORITY):
        doors += [
            ("authority.overview", _("总览")),
            ("authority.parties", _("主体")),
            ("authority_plots.plots", _("地块与额度")),
            ("authority.standards", _("标准管理")),
            ("authority_risks.risks", _("风险与抽查")),
            ("authority_recalls.recalls", _("追溯与召回")),
            ("type_register.register", _("型式检验")),
            ("authority_promises.promises", _("合格证")),
        ]
    return doors


def _who(actor: Actor) -> dict[str, Any]:
    links = [{"href": url_for("identity_pages.account"), "text": _("帐号与密码")}]
    if actor.is_a(ADMIN):
        links.append({"href": url_for("members.members"), "text": _("成员")})
    return {
        "party": actor.party_name,
        "name": actor.name,
        "links": links,
        "log_out": url_for("identity_pages.sign_out"),
    }


def _other_language() -> dict[str, str]:
    english = language() == ENGLISH
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "lang"]
    query = urlencode([*kept, ("lang", "zh" if english else "en")])
    return {
        "href": f"{request.path}?{query}",
        "lang": "zh-Hans" if english else "en",
        "text": "中文" if english else "English",
    }
