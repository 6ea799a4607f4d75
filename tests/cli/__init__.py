"""Tests of the command ``cognito-guard``."""
