"""Sessions on Redis: one server, Sentinel, a cluster."""
