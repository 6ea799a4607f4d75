"""The example API as Lambda functions."""
