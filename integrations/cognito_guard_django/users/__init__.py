"""Real Django users for callers: who is who, what a token grants and takes away, which is newer."""
