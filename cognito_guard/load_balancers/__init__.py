"""Application Load Balancers: which are trusted, what they sign, and their keys."""
