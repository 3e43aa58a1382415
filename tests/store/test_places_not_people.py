"""Places, not people: no column may hold a natural person but those named here, each with its reason."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from store.database.actor import Actor

# who a person is, how to reach, what they look like, where they went; English, Chinese and pinyin
PERSON = re.compile(
    r"""(?ix)
    (?:^|_) (?: person | people | human | citizen | resident | inhabitant | householder | tenant | occupant | owner
        | reporter | caller | complainant | petitioner | suspect | victim | patient | child | name | names | display
        | surname | first_?name | last_?name | full_?name | nick_?name | alias | phone | mobile | tel | telephone
        | e?mail | wechat | weixin | qq | contact | birth | birthday | born | age | sex | gender | ethnic\w*
        | nationality | religion | party | marital | health | id_?card | identity | passport | ssn | licen[cs]e
        | plate | face | facial | portrait | photo | fingerprint | biometric\w* | voice | imei | imsi | mac_?address
        | track | tracks | trajector\w* | whereabouts | watch_?list | blacklist | work_no | author | approver
        | resolved_by | xing_?ming | shou_?ji | dian_?hua | shen_?fen\w* | che_?pai | ren_?lian | gui_?ji | min_?zu
        | hu_?kou | nian_?ling | xing_?bie ) (?:$|_)
    | 姓名 | 人员 | 居民 | 住户 | 户主 | 业主 | 租户 | 手机 | 电话 | 联系 | 身份证 | 证件 | 生日 | 出生 | 年龄 | 性别
    | 民族 | 宗教 | 党员 | 车牌 | 人脸 | 照片 | 指纹 | 轨迹 | 行踪 | 名单 | 微信 | 邮箱
    """
)
PLACE = "the name of a place, a thing or a piece of work"
OFFICE = "an account acting in office, by its number"
ALLOWED = {
    "account.name": "accounts: who signs in; erased by `gridward privacy erase account`",
    "account.display": "accounts: what the page calls them; erased with the name",
    "staff.name": "staff in office; erased by `gridward privacy erase staff`",
    "staff.work_no": "staff in office: the number that their post is kept under",
    "camera.owner": "the organisation that owns a camera",
    "component.owner_unit_id": "the unit that looks after a component",
    "api_token.name": PLACE,
    "gazetteer.name": "what a place, a street or an area is called",
    "job_file.name": "the name of an uploaded file; gone when its job ends",
    "job_output.name": "the name of a file that a job made; gone after a day",
    **dict.fromkeys(
        ("role.name_en", "role.name_zh", "territory.name", "area.name", "area.names", "area_draft.name",
         "change_set.name", "compound.name", "facility.name", "key_place.name", "landcover.name", "plan.name",
         "street.name", "street.names", "key_place.names", "facility.names", "waterway.name", "grid_version.name", "placement.name", "report.name", "report_schedule.name",
         "unit.name"),
        PLACE,
    ),
    **dict.fromkeys(
        ("change_set.author_id", "change_set.approver_id", "plan.author_id", "plan.approver_id", "comment.author_id",
         "comment.resolved_by_id", "change_comment.author_id", "edit.author_id", "placement.author_id",
         "privacy_zone.author_id", "report_schedule.author_id", "kept_report.author_id"),
        OFFICE,
    ),
}  # fmt: skip
_COLUMNS = sa.text(
    "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public'"
    " and table_name !~ '^(procrastinate|spatial_ref_sys|geometry_columns|geography_columns|raster|incident_p)'"
)


def test_no_column_holds_a_person_but_those_named_with_a_reason(database):
    with database.work(Actor.system()) as work:
        columns = set(work.session.scalars(_COLUMNS))
    assert len(columns) > 400
    suspicious = {name for name in columns if PERSON.search(name.partition(".")[2])}
    assert suspicious - ALLOWED.keys() == set(), "say why it is needed, or don't keep it"
    assert ALLOWED.keys() - suspicious == set(), "the list names columns that are gone"


def test_no_table_is_about_persons(database):
    with database.work(Actor.system()) as work:
        tables = {name.partition(".")[0] for name in work.session.scalars(_COLUMNS)}
    # how to reach whoever reported: encrypted, for a right of its own, erased at archiving
    assert {name for name in tables if PERSON.search(name)} == {"incident_contact"}


@pytest.mark.parametrize(
    "column",
    ["phone", "reporter_name", "owner_phone", "id_card", "shenfenzheng", "身份证号", "联系电话", "face_embedding",
     "plate", "number_plate", "trajectory", "last_track", "birthday", "ethnicity", "户主姓名", "che_pai", "email"],
)  # fmt: skip
def test_columns_that_would_be_found(column):
    assert PERSON.search(column)


@pytest.mark.parametrize(
    "column", ["geom", "households", "area_m2", "door_code", "surface", "page", "plated", "village"]
)
def test_columns_that_are_none(column):
    assert not PERSON.search(column)
