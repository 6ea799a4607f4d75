"""One small API, guarded in each framework, and the demo that walks through it."""
