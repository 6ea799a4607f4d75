"""Sign-in: one table of what browsers do and what goes wrong, held against every adapter on a real
server. A package, so that other tests may repeat names.
"""
