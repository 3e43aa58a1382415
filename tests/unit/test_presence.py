"""What a process remembers of open pages, and how it forgets."""

from __future__ import annotations

from uuid import UUID, uuid4

import orjson

from services.presence import EXPIRES_S, MOST_PAGES, PresenceBoard, Present

PLAN, ME = uuid4(), uuid4()


def said(
    page: str, name: str, *, plan: UUID = PLAN, grid: str | None = None, here: bool = True, who: UUID | None = None
):
    account = None if who is None else str(who)
    body = {"plan": str(plan), "page": page, "name": name, "account": account, "grid": grid, "here": here}
    return orjson.dumps(body).decode()


def test_others_are_told_by_name_and_the_asking_page_is_not():
    board = PresenceBoard(lambda: 0.0)
    board.hear(said("b", "P-12", grid="990101001001024"))
    board.hear(said("a", "P-07", who=ME))
    board.hear(said("c", "P-07", who=ME))
    board.hear(said("d", "P-99", plan=uuid4()))
    assert board.others(PLAN, "a", ME) == [Present("P-12", False, "990101001001024"), Present("P-07", True, None)]
    assert board.others(PLAN, "b", None) == [Present("P-07", False, None)] * 2


def test_pages_are_forgotten_when_they_leave_and_after_a_minute():
    now = 0.0
    board = PresenceBoard(lambda: now)
    board.hear(said("a", "P-07"))
    board.hear(said("b", "P-12"))
    board.hear(said("a", "P-07", here=False))
    assert [one.name for one in board.others(PLAN, "x", ME)] == ["P-12"]
    now = EXPIRES_S - 1
    board.hear(said("b", "P-12", grid="1"))
    now = EXPIRES_S + 1
    assert [one.grid for one in board.others(PLAN, "x", ME)] == ["1"]
    now = 2 * EXPIRES_S
    assert board.others(PLAN, "x", ME) == []


def test_memory_is_bounded():
    board = PresenceBoard(lambda: 0.0)
    for number in range(MOST_PAGES + 10):
        board.hear(said(f"page {number}", "P"))
    assert len(board.others(PLAN, "x", ME)) == MOST_PAGES
