"""Tests of sign-in: the flow, sessions, and what goes wrong with them."""
