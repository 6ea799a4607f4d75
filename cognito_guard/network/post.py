"""One POST of a form, for the token endpoint. Any answer is a value, its absence an error."""

from __future__ import annotations

from collections.abc import Mapping

from .exchange import Answer, Form, exchange
from .failure import FetchFailed

__all__ = ["MAX_BODY", "POST_SECONDS", "Answer", "FetchFailed", "post_form"]

POST_SECONDS = 8.0
"""Seconds that a whole request may take."""

MAX_BODY = 64 * 1024
"""Bytes of a body that are read at most. Three tokens have about 6.5 kB."""

# Each read. A pool may call a Lambda function before it issues a token, and gives it 5 s.
_STEP_SECONDS = 6.0


def post_form(url: str, fields: Mapping[str, str], *, authorization: str | None = None) -> Answer:
    """What the server answers to a form, whatever the status. Blocks for ``POST_SECONDS`` at most.

    Raises :class:`FetchFailed`, which says nothing of what was sent or came.
    """
    form = Form(fields, authorization)
    del fields, authorization
    return exchange(
        "POST",
        url,
        accept="application/json",
        seconds=(POST_SECONDS, _STEP_SECONDS),
        max_body=MAX_BODY,
        form=form,
    )
