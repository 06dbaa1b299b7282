"""The one table of who may call which endpoint; what is not here is refused (DESIGN §8)."""

from core.http.guard import Permissions
from desks.page_permissions import PAGES
from desks.rest_permissions import REST

PERMISSIONS: Permissions = {**REST, **PAGES}
