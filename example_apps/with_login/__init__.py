"""One small site that signs its users in, in FastAPI, in Flask and in Django."""
