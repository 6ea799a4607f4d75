"""What views require of a caller, by their attributes, and requirements that nobody reads."""
