"""An API that keeps users' notes in S3, with the users' own AWS credentials."""
