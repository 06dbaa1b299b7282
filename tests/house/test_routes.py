"""Every route stands in the one permission table, and the table names no route that is gone."""

from flask import Flask

from core.http.guard import PUBLIC, SIGNED_IN
from desks.permissions import PERMISSIONS

ROLES = {"producer", "inspector", "authority", "admin", "verifier"}


def test_every_route_is_in_the_permission_table(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes - set(PERMISSIONS) == set()


def test_the_permission_table_names_no_route_that_is_gone(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(PERMISSIONS) - routes == set()


def test_the_table_knows_only_real_roles() -> None:
    for endpoint, allowed in PERMISSIONS.items():
        assert allowed in (PUBLIC, SIGNED_IN) or allowed <= ROLES, endpoint


def test_an_undeclared_route_is_refused(app: Flask) -> None:
    app.add_url_rule("/undeclared", "undeclared", lambda: "never")
    answer = app.test_client().get("/undeclared")
    assert answer.status_code in (303, 403)
    assert b"never" not in answer.data
