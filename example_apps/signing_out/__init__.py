"""A small API that signs its callers out: two processes of it, and the list that they share."""
