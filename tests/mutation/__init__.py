"""Mutation testing: the engine's decisive modules, broken one small way at a time, by mutmut.

A mutant that no test notices is either killed by a new test or explained in ``survivors.toml``.
``python -m tests.mutation`` holds the one against the other.
"""
