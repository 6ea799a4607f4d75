"""Revocation: entries, lists, the mirror, and the guard that asks them."""
