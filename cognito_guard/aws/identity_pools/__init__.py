"""Identity pools: tokens in exchange for temporary AWS credentials, without credentials or SDK."""
