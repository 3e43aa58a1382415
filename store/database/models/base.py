"""Declarative base, naming convention and small column builders."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all tables; no lazy loading anywhere (relationships are written as joins)."""

    metadata = sa.MetaData(naming_convention=NAMING)


def gist(table: str, column: str) -> sa.Index:
    """Build the explicit GiST index that each geometry column carries."""
    return sa.Index(f"ix_{table}_{column}", column, postgresql_using="gist")


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """Build a check that `column` holds one of `values`; text rather than enum, which row security cannot index."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")


def area_key() -> Any:  # noqa: ANN401 - mapped_column's own return type is opaque
    """Build the 12-digit code of the area that a row lies in, which row security compares; triggers write it.

    0 is outside every area: only accounts of the whole territory see such a row.
    """
    return mapped_column(sa.BigInteger, server_default=sa.text("0"))
