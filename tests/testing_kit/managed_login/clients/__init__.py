"""Clients that nobody here wrote, at the local pool. They need the group `test`."""
