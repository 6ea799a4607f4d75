"""Tests of boto3 sessions that act as the user who has signed in."""
