"""Tests of the user's own API calls."""
