"""Real input: tokens that emulators of Cognito issued, which nobody here wrote."""
