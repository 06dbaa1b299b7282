"""The roof: create_app() composes the house; the only place that knows everybody."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if sys.path[0] != str(ROOT):
    sys.path.insert(0, str(ROOT))

from flask import Blueprint, Flask
from flask_babel import Babel
from flask_smorest import Blueprint as SmorestBlueprint

from core.database.engine import db, install_database
from core.database.roles import refuse_owner
from core.documents.views import documents
from core.http.documentation import document
from core.http.guard import install_guard
from core.http.headers import install_headers
from core.http.health import health
from core.http.language import locale
from core.http.problems import install_problems
from core.identity.pages import identity_pages
from core.identity.signing_in import install_sign_in
from core.identity.views import identity
from core.pages.views import install_pages
from core.settings import Settings, read_settings
from desks.alarm_pages import alarm_pages
from desks.authority import authority
from desks.authority_batch import authority_batch
from desks.authority_calendar import authority_calendar
from desks.authority_caps import authority_caps
from desks.authority_forms import authority_forms
from desks.authority_licences import authority_licences
from desks.authority_limits import authority_limits
from desks.authority_parties import authority_parties
from desks.authority_plans import authority_plans
from desks.authority_plot_map import authority_plot_map
from desks.authority_plots import authority_plots
from desks.authority_products import authority_products
from desks.authority_promises import authority_promises
from desks.authority_recalls import authority_recalls
from desks.authority_risks import authority_risks
from desks.authority_standards import authority_standards
from desks.authority_trace import authority_trace
from desks.authority_what_if import authority_what_if
from desks.balances import balances
from desks.commands import install_commands
from desks.concession_pages import concession_pages
from desks.cooperative import cooperative
from desks.cooperative_batch import cooperative_batch
from desks.cooperative_books import cooperative_books
from desks.cooperative_cards import cooperative_cards
from desks.cooperative_inputs import cooperative_inputs
from desks.cooperative_labels import cooperative_labels
from desks.cooperative_log import cooperative_log
from desks.cooperative_new import cooperative_new
from desks.cooperative_parts import cooperative_parts
from desks.cooperative_plot_sheets import cooperative_plot_sheets
from desks.cooperative_plots import cooperative_plots
from desks.cooperative_processing import cooperative_processing
from desks.cooperative_promises import cooperative_promises
from desks.cooperative_recalls import cooperative_recalls
from desks.cooperative_reinspection import cooperative_reinspection
from desks.cooperative_shipments import cooperative_shipments
from desks.cooperative_standards import cooperative_standards
from desks.cooperative_trace import cooperative_trace
from desks.cooperative_transfers import cooperative_transfers
from desks.inspector import inspector
from desks.inspector_batch import inspector_batch
from desks.inspector_entry import inspector_entry
from desks.inspector_import import inspector_import
from desks.inspector_instruments import inspector_instruments
from desks.inspector_methods import inspector_methods
from desks.inspector_orders import inspector_orders
from desks.inspector_report import inspector_report
from desks.inspector_retest import inspector_retest
from desks.inspector_tasks import inspector_tasks
from desks.inspector_worksheets import inspector_worksheets
from desks.layout import install_layout
from desks.members import members
from desks.order_pages import orders
from desks.permissions import PERMISSIONS
from desks.public import public
from desks.public_concessions import public_concessions
from desks.statistics import statistics
from desks.type_register import type_inspection_register
from labels.alarm_views import alarms
from labels.analysis_api import certificates
from labels.analysis_views import analysis
from labels.passport_views import passport
from labels.promise_api import promises
from labels.promise_views import promise_pages
from labels.reach_views import reach
from labels.recall_views import recalls
from labels.shipment_views import shipments
from labels.trace_views import traces
from labels.views import labels
from labels.what_if_views import what_if
from products.forms.views import forms
from products.licences.views import licences
from products.plans.views import plans
from products.plots.views import plots
from products.standards.views import standards
from products.views import products
from trace.batches.input_views import inputs
from trace.batches.views import batches
from trace.books.views import books
from trace.inspections.card_views import cards
from trace.inspections.concession_views import concessions
from trace.inspections.goods_views import goods
from trace.inspections.import_views import imports
from trace.inspections.limit_views import limits
from trace.inspections.part_views import parts
from trace.inspections.stock_views import stock
from trace.inspections.transfer_views import transfers
from trace.inspections.type_register_views import type_inspections
from trace.inspections.views import inspections
from trace.inspections.worksheet_views import worksheets
from trace.laboratories.views import laboratories
from trace.sampling.views import sampling

API_ROOMS: tuple[SmorestBlueprint, ...] = (
    identity,
    documents,
    products,
    standards,
    plans,
    licences,
    plots,
    books,
    batches,
    inputs,
    inspections,
    worksheets,
    laboratories,
    imports,
    limits,
    concessions,
    type_inspections,
    sampling,
    parts,
    forms,
    goods,
    transfers,
    cards,
    stock,
    labels,
    shipments,
    traces,
    recalls,
    alarms,
    reach,
    what_if,
    certificates,
    promises,
)
PAGE_ROOMS: tuple[Blueprint, ...] = (
    health,
    identity_pages,
    passport,
    analysis,
    promise_pages,
    cooperative,
    cooperative_batch,
    cooperative_books,
    cooperative_inputs,
    cooperative_labels,
    cooperative_log,
    cooperative_new,
    cooperative_parts,
    cooperative_plots,
    cooperative_plot_sheets,
    cooperative_promises,
    cooperative_processing,
    cooperative_recalls,
    cooperative_reinspection,
    cooperative_shipments,
    cooperative_trace,
    cooperative_standards,
    cooperative_transfers,
    cooperative_cards,
    inspector,
    inspector_batch,
    inspector_orders,
    inspector_entry,
    inspector_import,
    inspector_instruments,
    inspector_methods,
    inspector_report,
    inspector_retest,
    inspector_tasks,
    inspector_worksheets,
    authority,
    authority_batch,
    authority_calendar,
    authority_forms,
    authority_licences,
    authority_limits,
    authority_parties,
    authority_plans,
    authority_plots,
    authority_plot_map,
    authority_caps,
    authority_products,
    authority_promises,
    authority_recalls,
    authority_risks,
    authority_trace,
    authority_standards,
    authority_what_if,
    orders,
    members,
    type_inspection_register,
    concession_pages,
    public,
    public_concessions,
    statistics,
    alarm_pages,
    balances,
)


def create_app(settings: Settings | None = None) -> Flask:
    """The whole service for `settings` (read from the environment where none are given)."""
    settings = settings or read_settings()
    app = Flask("biaoyuan", root_path=str(ROOT), static_folder=None)
    app.url_map.merge_slashes = False  # werkzeug would redirect to whatever host was asked for
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SETTINGS=settings,
        SQLALCHEMY_ENGINES={"default": {"url": settings.database_url, "pool_pre_ping": True}},
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="biaoyuan",
        API_TITLE="标源 Biaoyuan",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "desks" / "translations"),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    install_database(app)
    if settings.mode == "production":
        with app.app_context():
            refuse_owner(db.engine)
    Babel(app, locale_selector=locale)
    install_sign_in(app)
    install_guard(app, PERMISSIONS, settings.longest_body)
    install_headers(app)
    install_pages(app, sample=settings.sample)
    api = document(app, PERMISSIONS)
    install_problems(app)
    for room in API_ROOMS:
        api.register_blueprint(room, url_prefix="/api/v1")
    for room in PAGE_ROOMS:
        app.register_blueprint(room)
    install_layout(app)
    install_commands(app)
    return app
