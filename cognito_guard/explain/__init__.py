"""Why was a request refused? Every check of the engine, with what it expects and what it found.

.. code-block:: python

    explanation = guard.explain(token)  # or guard.explain_request(headers)
    print(explanation.as_text())

An explanation **shows claims**. Do not put it into a response or a log. Its ``repr`` and ``str``
contain no claims.
"""

from .outcome import Check, Explanation, Verdict
from .policies import explain_policy

__all__ = ["Check", "Explanation", "Verdict", "explain_policy"]
