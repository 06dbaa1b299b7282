"""The built-in catalogue into the database: again and again, and never over what a person edited.

A changed limit becomes a new revision and the old one is retired; a new edition closes the one
before it; a row that a person has edited stays as it is, and that is said.
"""

from __future__ import annotations

from core.act import ADMIN, Act
from products.catalogue.changes import Change, Loading
from products.catalogue.product_rows import load_divisions, load_products
from products.catalogue.reader import read_catalogue
from products.catalogue.rows import Catalogue
from products.catalogue.standard_rows import load_plans, load_requirements, load_standards


def load_catalogue(act: Act, catalogue: Catalogue | None = None) -> list[Change]:
    """Bring the database to the catalogue (the built-in one unless given); what changed.

    A second time nothing changes and nothing is put on record.
    """
    act.need(ADMIN)
    catalogue = catalogue or read_catalogue()
    load = Loading(act)
    load_divisions(load, catalogue.divisions)
    load_standards(load, catalogue.standards)
    load_products(load, catalogue.products)
    load_requirements(load, catalogue.requirements)
    load_plans(load, catalogue.plans)
    act.session.flush()
    return load.changes
