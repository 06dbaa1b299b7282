"""检验机构: the instruments and methods that a laboratory works with, and its sheets."""
