"""OpenTelemetry metrics of a guard: verifications, refusals, keys, sign-outs and sessions.

Needs the extra ``cognito-guard[opentelemetry]``, which is the API package alone. Your app brings
the SDK and an exporter.
"""

from .metrics import instrument

__all__ = ["instrument"]
