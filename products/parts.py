"""The parts of a product that are rows of their own: vocabulary, other names, area."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from products.catalogue.rows import Form, Vocabulary
from products.models import AreaPart, Product, ProductAlias, ProductTerm

# The field of a Vocabulary and of a Scope, and the kind of the term's row.
TERM_FIELDS = {
    "grades": "grade",
    "forms": "form",
    "processes": "process",
    "conditions": "condition",
    "matrices": "matrix",
}


@dataclass(frozen=True)
class Parts:
    """`area` are codes of counties and townships; `aliases` and `area` in order of the text."""

    vocabulary: Vocabulary
    aliases: tuple[str, ...]
    area: tuple[str, ...]


def parts_of(product: Product) -> Parts:
    """The parts as they stand."""
    forms = [term for term in product.terms if term.kind == "form"]
    words = {name: product.names(kind) for name, kind in TERM_FIELDS.items() if name != "forms"}
    vocabulary = Vocabulary(
        forms=tuple(Form(t.name, t.base or "", tuple(t.units)) for t in forms),
        default_form=product.default_form,
        **words,
    )
    return Parts(
        vocabulary,
        aliases=tuple(sorted(alias.name for alias in product.aliases)),
        area=tuple(sorted(part.code for part in product.area)),
    )


def set_parts(session: Session, product: Product, parts: Parts) -> None:
    """Put `parts` in the place of those that the product has."""
    session.flush()
    for kind in (ProductAlias, ProductTerm, AreaPart):
        session.execute(delete(kind).where(kind.product_id == product.id))
    session.add_all(ProductAlias(product_id=product.id, name=name) for name in parts.aliases)
    session.add_all(AreaPart(product_id=product.id, code=code) for code in parts.area)
    session.add_all(_terms(product, parts.vocabulary))
    product.default_form = parts.vocabulary.default_form
    session.flush()
    session.expire(product, ["aliases", "terms", "area"])


def _terms(product: Product, vocabulary: Vocabulary) -> Iterable[ProductTerm]:
    bases = {form.name: form for form in vocabulary.forms}
    for name, kind in TERM_FIELDS.items():
        for rank, word in enumerate(vocabulary.terms(name)):
            form = bases[word] if kind == "form" else None
            yield ProductTerm(
                product_id=product.id,
                kind=kind,
                name=word,
                rank=rank,
                base=form.base if form else None,
                units=list(form.units) if form else [],
            )
