"""The example API in FastAPI."""
