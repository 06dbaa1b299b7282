"""The OpenAPI document: what every operation shares is said once, here.

Writes carry an Idempotency-Key; refusals are problem+json (RFC 9457); who may call an operation
follows from the permission table.
"""

from threading import RLock
from typing import Any

from apispec import APISpec, BasePlugin
from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import fields

from core.http.fields import Strict
from core.http.guard import PUBLIC, Permissions
from core.http.problems import PROBLEM_JSON

_WRITES = frozenset({"post", "put", "patch", "delete"})
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "the same key and body get the same answer for 400 days; another body is refused",
    "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[ -~]+$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the ETag of the version that was seen; 428 without it, 412 when it is old",
    "schema": {"type": "string"},
}
_PROBLEM = {"$ref": "#/components/responses/Problem"}


class FaultOut(Strict):
    """What is wrong with one field."""

    pointer = fields.String(required=True)
    message = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)


class ProblemOut(Strict):
    """Why something was refused (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(FaultOut), required=True)
    detail_zh = fields.String(required=True)
    detail_en = fields.String(required=True)


class Manners(BasePlugin):
    """Adds to every operation what all operations share."""

    def __init__(self, permissions: Permissions) -> None:
        self.permissions = permissions

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Called by apispec for each path."""
        allowed = self.permissions.get(kwargs["rule"].endpoint, frozenset())
        for method, operation in (operations or {}).items():
            if method in _WRITES:
                parameters = operation.setdefault("parameters", [])
                parameters.append(dict(_KEY))
                if method in ("put", "patch"):
                    parameters.append(dict(_IF_MATCH))
            responses = operation.setdefault("responses", {})
            for code in [c for c in responses if str(c) == "default" or str(c) >= "400"]:
                del responses[code]
            responses["4XX"] = dict(_PROBLEM)
            responses["503"] = dict(_PROBLEM)
            operation["security"] = [] if allowed == PUBLIC else [{"token": []}, {"cookie": []}]


class LazyApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """Writes the document when somebody first reads it: nothing else needs it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._unwritten: list[Blueprint] = []
        self._writing = RLock()
        super().__init__(*args, **kwargs)

    @property
    def spec(self) -> APISpec:
        """The document, with every room that was registered until now."""
        with self._writing:
            while self._unwritten:
                room = self._unwritten.pop(0)
                room.register_views_in_doc(
                    self, self._app, self._spec, name=room.name, parameters=None
                )
                self._spec.tag({"name": room.name, "description": room.description})
            return self._spec

    @spec.setter
    def spec(self, made: APISpec) -> None:
        self._spec = made

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        """Register the routes now and remember to document them."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._unwritten.append(blp)


def document(app: Flask, permissions: Permissions) -> LazyApi:
    """The Api of `app`, to register the blueprints on."""
    api = LazyApi(app, spec_kwargs={"extra_plugins": [Manners(permissions)]})
    components = api.spec.components
    components.schema("Problem", schema=ProblemOut)
    components.response(
        "Problem",
        {
            "description": "why it was refused, in Chinese and English",
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    )
    components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    components.security_scheme("cookie", {"type": "apiKey", "in": "cookie", "name": "biaoyuan"})
    return api
