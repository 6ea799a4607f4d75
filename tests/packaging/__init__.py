"""What is shipped: the wheel and the source distribution."""
