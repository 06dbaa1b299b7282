"""Standards, their editions and clauses, and the requirements in them."""
