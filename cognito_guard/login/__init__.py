"""Managed login: sign in, stay signed in, sign out, for browsers. Knows no web framework."""

from .errors import LoginFailed, SessionsUnavailable
from .managed_login import ManagedLogin
from .memory import MemorySessionStore
from .navigation import is_navigation
from .next_page import own_page
from .outcomes import Ended, LoginSession, SignedIn, Started
from .page import LoginPage, error_page, error_problem
from .reasons import LoginReason
from .routes import LoginLink, LoginRoutes, sign_in_address
from .sessions import LoginSessions
from .store import AsyncSessionStore, SessionStore

__all__ = [
    "AsyncSessionStore",
    "Ended",
    "LoginFailed",
    "LoginLink",
    "LoginPage",
    "LoginReason",
    "LoginRoutes",
    "LoginSession",
    "LoginSessions",
    "ManagedLogin",
    "MemorySessionStore",
    "SessionStore",
    "SessionsUnavailable",
    "SignedIn",
    "Started",
    "error_page",
    "error_problem",
    "is_navigation",
    "own_page",
    "sign_in_address",
]
