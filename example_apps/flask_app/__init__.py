"""The example API in Flask."""
