"""Release plans: what a batch must have before it may be released."""
