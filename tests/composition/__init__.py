"""Our guards among other people's code: one table, run through every adapter on a real server."""
