"""Accounts and signing in: passwords, one-time links, sessions, API tokens, and the actor behind each."""

from services.access.accounts import (
    TOKEN_PREFIX,
    create_account,
    disable_account,
    issue_link,
    issue_token,
    set_password,
)
from services.access.duties import WHOLE, Duty, duties_of
from services.access.passwords import digest_of, hash_password
from services.access.scopes import (
    TokenLimits,
    acting_of,
    actor_of_account,
    duties_now,
    is_out,
    names_of_areas,
    refuse_mixed_duties,
)
from services.access.sessions import (
    IDLE,
    REFUSALS_PER_CLIENT,
    REFUSALS_PER_NAME,
    LockedOutError,
    NewSession,
    SignedIn,
    TooManyAttemptsError,
    forget_expired,
    note_lock_out,
    open_session_again,
    prove_password,
    sign_in_with_code,
    sign_in_with_password,
    sign_out,
    signed_in_by_cookie,
    signed_in_by_token,
    switch_duty,
)
from services.access.trail import record
from store.database.models.access import ADMINISTRATORS, BUSINESS, RIGHTS, ROLES

__all__ = [
    "ADMINISTRATORS", "BUSINESS", "IDLE", "REFUSALS_PER_CLIENT", "REFUSALS_PER_NAME", "RIGHTS", "ROLES",
    "TOKEN_PREFIX", "WHOLE", "Duty", "LockedOutError", "NewSession", "SignedIn", "TokenLimits",
    "TooManyAttemptsError", "acting_of", "actor_of_account", "create_account", "digest_of", "disable_account",
    "duties_now", "duties_of", "forget_expired", "hash_password", "is_out", "issue_link", "issue_token",
    "names_of_areas", "note_lock_out", "open_session_again", "prove_password", "record",
    "refuse_mixed_duties",
    "set_password", "sign_in_with_code", "sign_in_with_password", "sign_out", "signed_in_by_cookie",
    "signed_in_by_token", "switch_duty",
]  # fmt: skip
