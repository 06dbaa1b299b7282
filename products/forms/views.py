"""REST of conversion ranges."""

from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from products.forms import service
from products.forms.models import Conversion
from products.forms.schemas import ConversionIn, ConversionOut
from products.forms.service import ConversionDraft
from products.service import product_named

forms = Blueprint("forms", __name__, description="折算范围 what one form gives of another")


@forms.route("/products/<string:name>/conversions", methods=["POST"])
@writes
@forms.arguments(ConversionIn)
@forms.response(201, ConversionOut)
def set_conversion(draft: dict[str, Any], name: str) -> tuple[Conversion, dict[str, str]]:
    """Set the range of a pair of forms."""
    row = service.set_conversion(current_act(), name, ConversionDraft(**draft))
    return row, {"Location": f"/api/v1/products/{name}/conversions"}


@forms.route("/products/<string:name>/conversions")
@forms.response(200, ConversionOut(many=True))
def list_conversions(name: str) -> Sequence[Conversion]:
    """Every range that was ever set for a product, newest first."""
    session = current_act().session
    return service.conversions_of(session, product_named(session, name).id)
