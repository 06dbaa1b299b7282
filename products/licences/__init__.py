"""Licences: which party may label which product; and the trade items (GTIN) of a party."""
