"""The domain facts in our own shape: products, standards, requirements, release plans."""
