"""Tests of load_balancers/, a file for each room."""
