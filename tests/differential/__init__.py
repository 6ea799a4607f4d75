"""Second opinions: other libraries asked about the same tokens. The engine is never the laxest."""
