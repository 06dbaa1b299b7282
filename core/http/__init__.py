"""HTTP manners: errors, idempotency, guards, paging, languages and headers."""
