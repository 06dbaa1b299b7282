"""Inspections, results and the one judge that compares them with the requirements."""
