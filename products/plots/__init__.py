"""Plots, their approval year by year, and how much a 亩 may give."""
