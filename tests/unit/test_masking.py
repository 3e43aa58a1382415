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
        ("(010) 6234 5678, 010 6234 5678", "[phone], [phone]"),
        ("１３８　１２３４　５６７８", "[phone]"),
        ("138\u00a01234\u00a05678", "[phone]"),
        ("138.1234.5678 or 1381 234 5678 or 13812 345678", "[phone] or [phone] or [phone]"),
        ("1 3 8 1 2 3 4 5 6 7 8", "[phone]"),
        ("一三八一二三四五六七八", "[phone]"),
        ("电话：62345678，手机是 8765 4321", "电话：[phone]，手机是 [phone]"),
        ("call 09 310 1691 or tel. 040 1234567", "call [phone] or tel. [phone]"),
        ("1101 0519 4912 3100 2X", "[id]"),
        ("１１０１０５　１９４９１２３１　００２Ｘ", "[id]"),
        ("1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X", "[id]"),
        ("grids 990001001001015 and 330102102011003", "grids 990001001001015 and 330102102011003"),
        ("call about 2026-11-000123", "call about 2026-11-000123"),
        ("phone box 12 of 138.12345678, 35.12345678", "phone box 12 of 138.12345678, 35.12345678"),
        ("2026-11-23 14:30, houses 1 3 5 7 9 11 13 15", "2026-11-23 14:30, houses 1 3 5 7 9 11 13 15"),
        ("电话亭 12 号，电话 12345", "电话亭 12 号，电话 12345"),
        ("area 330102001001", "area 330102001001"),
        ("mail me li.wei+lamp@example.net please", "mail me [email] please"),
        ("邮箱：liwei＠example.com.cn。", "邮箱：[email]。"),
        ("联系liwei@qq.com或13812345678", "联系[email]或[phone]"),
        ("rate @ 5 per m², box@, @home", "rate @ 5 per m², box@, @home"),
        ("", ""),
    ],
)
def test_mask_personal_numbers(text: str, masked: str) -> None:
    assert mask_personal_numbers(text) == masked
