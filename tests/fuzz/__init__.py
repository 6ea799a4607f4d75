"""Fuzzing: whatever the bytes, an identity or a documented error, in proportion to their number.

``python -m tests.fuzz`` looks for bytes of its own, led by coverage. What it found of interest is
kept in ``corpus/``, and the tests of this folder replay it.
"""
