"""交接: goods that one party hands over to another."""
