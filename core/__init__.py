"""The ground: settings, database, errors, HTTP manners, identity, documents, record."""
