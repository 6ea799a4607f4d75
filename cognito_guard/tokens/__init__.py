"""User pools and their tokens: parsing, one pure function per claim, verifying, remembering."""
