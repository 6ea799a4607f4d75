"""Tests of the exchange of tokens for AWS credentials."""
