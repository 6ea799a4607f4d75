"""Tests of what doctor says: on documented shapes, on moto, and on servers that fail."""
