"""Attacks by the headers of a load balancer, on an app that trusts none."""

from __future__ import annotations

from ...errors import Reason
from .attack import Attack
from .requests import requests

__all__ = ["UNTRUSTED_LOAD_BALANCER"]

_ID, _TOKEN, _DATA = (f"X-Amzn-Oidc-{name}: " for name in ("Identity", "Accesstoken", "Data"))

# Anybody can send them: an ALB is not known to strip inbound copies.
UNTRUSTED_LOAD_BALANCER: tuple[Attack, ...] = requests(
    Reason.MISSING_CREDENTIALS,
    {
        "identity alone": ("Says as a load balancer would who is calling.", [f"{_ID}admin"]),
        "access token alone": (
            "Brings a good access token in a load balancer's header.",
            [f"{_TOKEN}TOKEN"],
        ),
        "data alone": ("Brings a good token as a load balancer's data.", [f"{_DATA}TOKEN"]),
        "all three": (
            "Brings all that a load balancer would.",
            [f"{_ID}admin", f"{_TOKEN}TOKEN", f"{_DATA}TOKEN"],
        ),
        "all three, with underscores": (
            "Brings them under names that some servers take for the same.",
            [
                "X_Amzn_Oidc_Identity: admin",
                "X_Amzn_Oidc_Accesstoken: TOKEN",
                "X_Amzn_Oidc_Data: TOKEN",
            ],
        ),
    },
    group="untrusted load balancer",
    fits=lambda forge: forge.load_balancer is None,
)
