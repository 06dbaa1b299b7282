"""The record: evidence in canonical form, at gapless positions."""
