"""Tests of _support/, a file for each room."""
