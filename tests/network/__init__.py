"""Tests of network/, a file for each room."""
