"""The one table of who may call which endpoint; what is not here is refused (DESIGN §8)."""

from core.act import ADMIN, AUTHORITY
from core.http.guard import PUBLIC, SIGNED_IN, Permissions

PERMISSIONS: Permissions = {
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "pages.static": PUBLIC,
    "api-docs.openapi_json": PUBLIC,
    # identity
    "identity.list_parties": SIGNED_IN,
    "identity.register_party": frozenset({AUTHORITY}),
    "identity.get_party": SIGNED_IN,
    "identity.change_party": frozenset({ADMIN, AUTHORITY}),
    "identity.list_members": SIGNED_IN,
    "identity.invite_member": frozenset({ADMIN, AUTHORITY}),
    "identity.get_member": SIGNED_IN,
    "identity.change_member": frozenset({ADMIN, AUTHORITY}),
    "identity.make_link": frozenset({ADMIN, AUTHORITY}),
    "identity.who": SIGNED_IN,
    "identity.list_tokens": SIGNED_IN,
    "identity.make_token": SIGNED_IN,
    "identity.revoke_token": SIGNED_IN,
    "identity_pages.sign_in": PUBLIC,
    "identity_pages.sign_out": SIGNED_IN,
    "identity_pages.welcome": PUBLIC,
    "identity_pages.account": SIGNED_IN,
    "identity_pages.change_password": SIGNED_IN,
    "identity_pages.end_devices": SIGNED_IN,
    "identity_pages.make_token": SIGNED_IN,
    "identity_pages.revoke_token": SIGNED_IN,
    # documents
    "documents.store_document": SIGNED_IN,
    "documents.get_document": SIGNED_IN,
    "documents.get_content": SIGNED_IN,
}
