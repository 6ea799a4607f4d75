"""AWS on this machine, for tests and demos: moto, and in front of it what moto does not do.

moto has user pools, identity pools, STS, IAM and S3, and speaks HTTP. It does not look at the
tokens that an identity pool is asked with, gives each request a new identity and everybody the same
keys, keeps no roles of an identity pool, and knows no variable in a policy. The front does that
much: see :mod:`.front` and :mod:`.policies`.
"""

from .front import LocalAws
from .policies import Decision, NotEvaluated, PolicyEvaluator

__all__ = ["Decision", "LocalAws", "NotEvaluated", "PolicyEvaluator"]
