"""Documents and photos: checked, cleaned and kept under our own names."""
