"""Tests of tokens/, a file for each room."""
