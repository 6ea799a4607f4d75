"""Tests of the engine, a file for each room. A package, so that other tests may repeat names."""
