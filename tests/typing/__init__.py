"""What type checkers say of code that uses the library, and of code that misuses it."""
