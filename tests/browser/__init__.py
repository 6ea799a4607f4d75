"""Tests in a real browser. A package, so that other tests may repeat names."""
