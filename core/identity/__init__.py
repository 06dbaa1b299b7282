"""Who is who: parties, accounts, roles, sign-ins, tokens and one-time links."""
