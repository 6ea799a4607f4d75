"""HTTP in the engine: where a credential is found, and the response to an error."""
