"""A page on loopback that builds or takes a token, and shows every check of it."""
