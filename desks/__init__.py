"""Where people work: the pages of cooperative, inspector and authority."""
