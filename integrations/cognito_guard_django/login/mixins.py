"""``LoginRequiredMixin``: class-based pages for who has signed in and may see them."""

from __future__ import annotations

from ..mixins import CognitoRequiredMixin
from .decorators import page_refusal

__all__ = ["LoginRequiredMixin"]


class LoginRequiredMixin(CognitoRequiredMixin):
    """Do the same as :class:`~cognito_guard_django.mixins.CognitoRequiredMixin`, with the same
    attributes, for pages: a browser that opens one is redirected to the sign-in and back.
    """

    _cognito_ask = (page_refusal,)
