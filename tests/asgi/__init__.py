"""Tests of cognito_guard_asgi: what it does to scopes and messages, and with its frameworks.

What it answers over HTTP is in the contract's tests. A package, so that other tests may repeat
names.
"""
