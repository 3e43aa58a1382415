"""Secrets are made here, shown once and stored only as digests.

argon2id for passwords, which people choose; SHA-256 for tokens and codes, which are 256
random bits and need no slow hash.
"""

from __future__ import annotations

import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gis.errors import InvalidInputError

PASSWORD_LENGTH = (10, 256)
HASHER = PasswordHasher()
# verified against when the name is unknown, so that the answer takes as long
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$RZ4tb2vKCeqcLhx08Ruvbg$HM0hKd3uO1XzIBESjwl5NBZe0Ud8w4QecZ6UE8s7bvU"


def hash_password(password: str, name: str) -> str:
    """Return the argon2id hash of a password that is long enough and not the account's own name."""
    shortest, longest = PASSWORD_LENGTH
    if not shortest <= len(password) <= longest or name.casefold() in password.casefold():
        raise InvalidInputError(
            f"A password has {shortest} to {longest} characters and does not contain the account's name.",
            field="password",
        )
    return HASHER.hash(password)


def password_holds(stored: str, password: str) -> bool:
    """Whether a password is the one whose hash is `stored`."""
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def digest_of(secret: str) -> str:
    """Return the SHA-256 under which a random secret is stored."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
