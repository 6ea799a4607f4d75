"""An MCP server whose tools are for callers from a user pool."""
