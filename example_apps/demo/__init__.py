"""``make demo``: a local user pool signs real tokens, and the guarded example apps answer them."""
