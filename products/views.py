"""REST of products, their geographical-indication records, and the divisions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.act import Act
from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from core.http.versions import check_if_match, etag
from products import service
from products.areas import City, division_names, division_tree
from products.drafts import GiDraft, ProductDraft
from products.models import GiRecord, Product
from products.parts import parts_of
from products.schemas import (
    CityOut,
    GiChange,
    GiIn,
    GiOut,
    ProductChange,
    ProductIn,
    ProductOut,
    ProductQuery,
)

products = Blueprint("products", __name__, description="产品 products and divisions")
Answer = tuple[Any, dict[str, str]]
_COLUMNS = (
    "id", "key", "name", "name_en", "category", "in_plan", "default_form", "area_text",
    "area_certainty", "quality", "gi_records", "note", "origin", "created_at", "edited_at",
    "version",
)  # fmt: skip


def _shown(act: Act, rows: Sequence[Product]) -> list[dict[str, Any]]:
    """Products as everybody may see them."""
    names = division_names(act.session, (part.code for row in rows for part in row.area))
    shown = []
    for row in rows:
        parts = parts_of(row)
        words = parts.vocabulary
        shown.append(
            {name: getattr(row, name) for name in _COLUMNS}
            | {
                "aliases": parts.aliases,
                "forms": words.forms,
                "grades": words.grades,
                "processes": words.processes,
                "conditions": words.conditions,
                "matrices": words.matrices,
                "area": [{"code": code, "name": names[code]} for code in parts.area],
            }
        )
    return shown


def _written(act: Act, product: Product) -> Answer:
    warnings = [words._asdict() for words in service.name_warnings(act, product)]
    headers = {
        "ETag": etag(product.id, product.version),
        "Location": f"/api/v1/products/{product.id}",
    }
    return _shown(act, [product])[0] | {"warnings": warnings}, headers


@products.route("/products", methods=["GET"])
@products.arguments(ProductQuery, location="query")
@products.response(200, ProductOut(many=True))
def list_products(args: dict[str, Any]) -> Answer:
    """The products, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.find_products(
        act.session, args.get("q"), args.get("category"), args.get("in_plan")
    )
    page = page_of(act.session, query, Product.created_at, Product.id, **paging)
    return _shown(act, page.rows), page.headers()


@products.route("/products", methods=["POST"])
@writes
@products.arguments(ProductIn)
@products.response(201, ProductOut)
def register_product(draft: dict[str, Any]) -> Answer:
    """Register a product; `warnings` name those whose name looks or sounds like it."""
    act = current_act()
    return _written(act, service.register_product(act, ProductDraft(**draft)))


@products.route("/products/<string:name>", methods=["GET"])
@products.response(200, ProductOut)
def get_product(name: str) -> Answer:
    """One product, by its id or key."""
    act = current_act()
    product = service.product_named(act.session, name)
    return _shown(act, [product])[0], {"ETag": etag(product.id, product.version)}


@products.route("/products/<string:name>", methods=["PATCH"])
@writes
@products.arguments(ProductChange)
@products.response(200, ProductOut)
def change_product(changes: dict[str, Any], name: str) -> Answer:
    """Change a product; If-Match names the version that was seen."""
    act = current_act()
    found = service.product_named(act.session, name)
    return _written(act, service.update_product(act, found.id, changes, check_if_match))


def _written_record(record: GiRecord) -> Answer:
    return record, {
        "ETag": etag(record.id, record.version),
        "Location": f"/api/v1/products/{record.product_id}/gi-records/{record.id}",
    }


@products.route("/products/<string:name>/gi-records", methods=["POST"])
@writes
@products.arguments(GiIn)
@products.response(201, GiOut)
def add_gi_record(draft: dict[str, Any], name: str) -> Answer:
    """Add a record; with its number and evidence it is proven."""
    act = current_act()
    found = service.product_named(act.session, name)
    return _written_record(service.add_gi_record(act, found.id, GiDraft(**draft)))


@products.route("/products/<string:name>/gi-records/<uuid:record_id>", methods=["GET"])
@products.response(200, GiOut)
def get_gi_record(name: str, record_id: UUID) -> Answer:
    """One record."""
    act = current_act()
    found = service.product_named(act.session, name)
    record = service.gi_record_of(act.session, found.id, record_id)
    return record, {"ETag": etag(record.id, record.version)}


@products.route("/products/<string:name>/gi-records/<uuid:record_id>", methods=["PATCH"])
@writes
@products.arguments(GiChange)
@products.response(200, GiOut)
def change_gi_record(changes: dict[str, Any], name: str, record_id: UUID) -> Answer:
    """Fill in or confirm a record with its evidence; If-Match names the version that was seen."""
    act = current_act()
    found = service.product_named(act.session, name)
    changed = service.update_gi_record(act, found.id, record_id, changes, check_if_match)
    return _written_record(changed)


@products.route("/divisions", methods=["GET"])
@products.response(200, CityOut)
def list_divisions() -> City:
    """Counties and townships by their current codes, with the old names of texts."""
    return division_tree(current_act().session)
