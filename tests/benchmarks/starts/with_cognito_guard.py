"""One token, cognito_guard, every check."""

import sys

from cognito_guard import Guard, UserPool

pool = UserPool("eu-west-1_LocalPool", client_ids=["1example23456789"], jwks=sys.argv[2])
Guard(pool).verify(sys.argv[1])
