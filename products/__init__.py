"""What ought to be: products, standards, requirements, release plans, licences."""
