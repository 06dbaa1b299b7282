"""Material balance: double entry per party, product, form and batch."""
