"""A worker for each library, run by the Python of its own environment. Not imported from here."""
