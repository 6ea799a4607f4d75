"""Tests of the running of Lambda triggers, without a pool."""
