"""The database: engines, column types, transactions and the triggers that keep evidence."""
