"""Personal numbers leave free text; codes of things stay."""

from __future__ import annotations

import pytest

from casework.masking import mask_personal_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请联系13812345678", "请联系[phone]"),
        ("tel 138-1234-5678.", "tel [phone]."),
        ("+86 13812345678", "[phone]"),
        ("call 0571-87654321 now", "call [phone] now"),
        ("(010)87654321转12", "[phone]"),
        ("ring +358 40 123 4567", "ring [phone]"),
        ("身份证11010519491231002X。", "身份证[id]。"),
        ("old id 110105491231002", "old id [id]"),
        ("１３８１２３４５６７８", "[phone]"),
        ("camera 34020000001320000001", "camera 34020000001320000001"),
        ("component 1101050121000123", "component 1101050121000123"),
        ("at 24.93841234567, 60.169912345678", "at 24.93841234567, 60.169912345678"),
        ("2026-11-000123 at house 12", "2026-11-000123 at house 12"),
        ("area 330102001001", "area 330102001001"),
        ("", ""),
    ],
)
def test_mask_personal_numbers(text: str, masked: str) -> None:
    assert mask_personal_numbers(text) == masked
