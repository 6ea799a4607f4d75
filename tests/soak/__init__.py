"""A bounded soak: two real servers under mixed load, while keys rotate and their servers fail.

``python -m tests.soak --minutes N`` runs it for longer than the tests do, and prints a table.
"""
