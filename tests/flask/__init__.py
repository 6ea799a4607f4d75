"""Tests of the Flask adapter. A package, so that other tests may repeat names."""
