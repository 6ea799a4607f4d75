"""What a token takes away, and that it was seen: written before anything else is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from .groups import Groups, held_groups
from .links import Found, lock
from .rights import Rights, held_flags
from .told import Told
from .values import Values

__all__ = ["Withdrawal"]


@dataclass(frozen=True, slots=True, repr=False)
class Withdrawal:
    """From a user, by what a token tells."""

    found: Found
    told: Told

    @property
    def rights(self) -> Rights | None:
        """What the token grants; ``None`` where nothing is stored of it."""
        return self.told.rights if self.told.is_kept else None

    def is_due(self) -> bool:
        """Whether there is anything to write, by what has been read."""
        link, rights = self.found.link, self.rights
        news = self._news(link)
        if "profile_at" in news:
            return True
        if "rights_at" in news and news["rights_at"] != link.rights_at:
            return True
        if rights is None or not self.told.standing(link).may_lower:
            return False
        flags = held_flags(self.found, rights)
        if news and (flags != rights.flags or rights.groups - self.found.groups):
            return True
        return bool(rights.lost(flags) or rights.left(self.found.groups))

    def write(self) -> Found:
        """Write it, by what the database says now: the caller's row and the groups that remain.

        May be done any number of times: what a newer token has said in the meantime stays.
        """
        now = Found(self.found.link, self.found.user)
        using = now.user._state.db
        with transaction.atomic(using=using):
            link = lock(now)
            if link is None:
                return now
            now.link = link
            lowers = self.rights is not None and self.told.standing(link).may_lower
            news = self._news(link)
            for name in news:
                setattr(link, name, news[name])
            if news:
                link.save(using=using, update_fields=list(news))
            if self.rights is not None:
                now.groups = self._settle(self.rights, lowers)
        return now

    def _news(self, link: Any) -> Values:
        news: dict[str, Any] = {}
        told = self.told
        if told.is_kept:
            now = told.standing(link)
            if now.is_new_to(link):
                news.update(rights_at=now.rights_at, rights_seen=now.rights_seen)
        at = told.at if told.said else None
        if at is not None and (link.profile_at is None or at > link.profile_at):
            news.update(profile_at=at)
        return Values(news)

    def _settle(self, rights: Rights, lowers: bool) -> set[str]:
        found = self.found
        if rights.flags:
            fresh = self._rows().select_for_update().values(*rights.flags).first()
            Values(fresh or {}).put(found)
        lost = rights.lost(held_flags(found, rights)) if lowers else []
        Values(dict.fromkeys(lost, False)).put(found)
        if lost:
            self._save(lost)
        if rights.managed == frozenset():
            return set()
        held = held_groups(found)
        left = held.only(rights.left(held.names)) if lowers else Groups()
        left.leave(found)
        return held.names - left.names

    def _save(self, lost: list[str]) -> None:
        using = self.found.user._state.db
        try:
            with transaction.atomic(using=using):
                self.found.user.save(using=using, update_fields=lost)
        except Exception:  # noqa: BLE001  # a user model may refuse for reasons of its own
            self._rows().update(**dict.fromkeys(lost, False))

    def _rows(self) -> Any:
        user = type(self.found.user)
        return user._base_manager.using(self.found.user._state.db).filter(pk=self.found.user.pk)
