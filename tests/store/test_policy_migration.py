"""The step of policies into reading their bounds once can be taken back."""

from __future__ import annotations

from alembic import command

from store.database.urls import connect


def test_policies_are_as_they_were_after_a_step_back_and_forth(migrations, fresh_database_urls):
    asked = "select tablename, policyname, qual, with_check from pg_policies order by 1, 2"

    def policies() -> list[tuple[object, ...]]:
        with connect(fresh_database_urls.owner) as connection:
            return connection.execute(asked).fetchall()

    newest = policies()
    command.downgrade(migrations, "0043")
    earlier = policies()
    assert [row for row in earlier if "SELECT (NULLIF(current_setting('gridward.lo'" in (row[2] or "")] == []
    command.upgrade(migrations, "head")
    assert policies() == newest != earlier
