"""The example API in Starlette."""
