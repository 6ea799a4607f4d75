"""Tests of http/, a file for each room."""
