"""The base of objects that hold something that nobody may see."""

from __future__ import annotations

from typing import NoReturn, final

__all__ = ["Secret", "Secretive"]


class Secretive:
    """An object that says its kind and nothing more, and that cannot be pickled or copied.

    No tuple and no dataclass: error reports show the members of those, whatever their ``repr``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} holds secrets, so it cannot be pickled")


@final
class Secret(Secretive):
    """A text from a browser, such as a cookie's value: for frames that are there while a user's
    clock runs, and for those that an error shows."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text
