"""Tests of cognito_guard_django, in one Django project (``project.py``), with real databases."""
