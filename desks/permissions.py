"""The one table of who may call which endpoint; what is not here is refused (DESIGN §8)."""

from core.http.guard import PUBLIC, Permissions

PERMISSIONS: Permissions = {
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "pages.static": PUBLIC,
    "api-docs.openapi_json": PUBLIC,
}
