"""What happened: books, batches, inspections."""
