"""The machine against the real database: what the table does not list is refused, and no walk breaks an invariant."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PIL import Image

from casework.case import ActionRefused
from casework.case import Actor as Hand
from casework.machine import machine
from gis.errors import ConflictError, GridwardError, StaleRevisionError
from services import cases, ingest, media
from services.cases import Asked, follow, upkeep
from services.incidents import Report, register
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database.actor import Actor
from store.database.models import Account, Scope, Unit
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()
ACTIONS, STATES, ROLES = machine().actions, tuple(machine().states), tuple(machine().roles)
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
CATALOGUE = """code,class_code,class_zh,name_zh,name_en,severity,urgent,self_handling,limit_1
0201,02,市容,暴露垃圾,Litter,minor,no,yes,5 工作日
0102,01,设施,水管爆裂,Burst water main,critical,yes,no,8 紧急工作时
"""
# overlapping on purpose: the machine must keep hands apart that roles alone would let meet
PEOPLE: dict[str, tuple[str, ...]] = {
    "mei": ("intake_officer", "shift_leader", "inspector"),
    "lin": ("intake_officer", "dispatcher", "handling_unit", "grid_staff"),
    "bo": ("shift_leader", "dispatcher", "inspector", "handling_unit"),
    "jun": ("dispatcher", "shift_leader", "supervisor", "street_office", "inspector"),
    "wen": ("handling_unit", "inspector", "outside_body"),
}
GRAPHS = StreetGraphs()


@pytest.fixture(scope="module")
def town(database, tmp_path_factory):
    built = build_town(database)
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.csv"
    path.write_text(CATALOGUE, encoding="utf-8")
    with database.owner_work(SYSTEM) as work:
        ingest.load_catalogue(work, path, territory=built.territory)
        units = {name: uuid4() for name in ("lamps", "roads")}
        work.session.add_all(
            Unit(id=each, territory_id=built.territory, code=name, kind="department", name=name)
            for name, each in units.items()
        )
        work.session.flush()
        for n, (name, roles) in enumerate(PEOPLE.items()):
            account = Account(
                id=UUID(int=n + 1), name=name, display=name, unit_id=units["roads" if name == "wen" else "lamps"],
                staff_id=built.staff["head1"],
            )  # fmt: skip
            work.session.add(account)
            work.session.flush()
            work.session.add_all(Scope(account_id=account.id, role=role) for role in roles)
    return built


def actor(name: str) -> Actor:
    return Actor(UUID(int=list(PEOPLE).index(name) + 1), name, frozenset(PEOPLE[name]))


def report(work, *, now: datetime, severity: str = "minor", code: str | None = "0201") -> str:
    lon, lat = lonlat(50, 100)
    told = Report(Place(lon, lat), "Litter", severity=severity, item_code=code)
    return register(work, GRAPHS, told, key=str(uuid4()), now=now).incident.no


def photo(work, stage: str) -> UUID:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    return media.take_in(work, file.getvalue(), stage=stage).id


def test_every_state_action_and_role_not_listed_is_refused(database, town):
    with database.work(SYSTEM) as work:
        no = report(work, now=START)
    tried = 0
    for state in STATES:
        with database.owner_work(SYSTEM) as work:
            work.session.execute(sa.text("update incident set state = :s where no = :no"), {"s": state, "no": no})
        with database.work(SYSTEM) as work:
            for row in ACTIONS.values():
                listed = state in row.sources
                strangers = frozenset(ROLES) - row.roles if listed else frozenset(ROLES)
                with pytest.raises(ActionRefused) as refused:
                    cases.act(
                        work, no, row.name, Asked(), revision=None, now=START,
                        actor=Hand(UUID(int=1), strangers),
                    )  # fmt: skip
                assert refused.value.code == ("wrong-role" if listed else "wrong-state"), (state, row.name)
                tried += 1
            assert work.session.scalar(sa.text("select count(*) from transition")) == 1
    assert tried == len(STATES) * len(ACTIONS)


FORMS = st.fixed_dictionaries(
    {
        "reason": st.sampled_from([None, "because", "call 13812345678"]),
        "unit": st.sampled_from(["lamps", "roads", None]),
        "units": st.sampled_from([(), ("roads",)]),
        "departments": st.sampled_from([("lamps",), ("lamps", "roads"), ()]),
        "outcome": st.sampled_from(["confirmed", "changed"]),
        "score": st.sampled_from([None, 1, 5]),
        "outside_body": st.sampled_from(["Power company", None]),
        "to_level": st.sampled_from([None, None, "county", "village"]),
        "days": st.sampled_from([1, 30, 90]),
    }
)


class Walk(RuleBasedStateMachine):
    """Random people do random things to three cases, time goes on, and links of reporters are used."""

    database: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.steps: dict[str, int] = {}
        self.tokens: dict[str, str] = {}
        self.numbers: list[str] = []

    @initialize(severity=st.sampled_from(["minor", "critical"]))
    def begin(self, severity):
        with self.database.work(actor("lin")) as work:
            self.numbers = [
                report(work, now=self.now),
                report(work, now=self.now, severity=severity),
                report(work, now=self.now),
            ]
            for no in self.numbers:
                self.steps[no] = 1
                self.tokens[no] = follow.issue(work, no, now=self.now)

    def form(self, work, no: str, form: dict[str, Any], *, photos: bool) -> Asked:
        told = {name: value for name, value in form.items() if name != "days"}
        due = self.now + timedelta(days=form["days"])
        master = next(each for each in self.numbers if each != no)
        pictures = (photo(work, "before"), photo(work, "after")) if photos else ()
        return Asked(**told, review_date=due.date(), answer_due=due, master=master, media=pictures)

    def take(self, who: str, no: str, action: str, form: dict[str, Any], *, revision: int | None = None) -> bool:
        before = self.row(no)
        needs = ACTIONS[action].needs if action in ACTIONS else ()
        try:
            with self.database.work(actor(who)) as work:
                asked = self.form(work, no, form, photos=any("photo" in need for need in needs))
                cases.act(
                    work, no, action, asked, revision=before.revision if revision is None else revision, now=self.now
                )
        except GridwardError:
            assert self.row(no) == before
            return False
        assert self.row(no).revision == before.revision + 1
        self.steps[no] += 1
        return True

    def row(self, no: str):
        with self.database.work(SYSTEM) as work:
            return work.session.execute(
                sa.text(
                    "select revision, state, openers, dispatchers, handlers, checkers, cycle from incident where no = :no"
                ),
                {"no": no},
            ).one()

    @rule(who=st.sampled_from(list(PEOPLE)), which=st.integers(0, 2), action=st.sampled_from(list(ACTIONS)), form=FORMS)
    def do_anything(self, who, which, action, form):
        self.take(who, self.numbers[which], action, form)

    @rule(who=st.sampled_from(list(PEOPLE)), which=st.sampled_from([0, 0, 1, 2]), pick=st.integers(0, 40), form=FORMS)
    def do_what_is_offered(self, who, which, pick, form):
        no = self.numbers[which]
        with self.database.work(actor(who)) as work:
            case = cases.read_case(work, no, now=self.now)
        offered = [each.action for each in case.actions]
        for each in case.actions:
            assert case.incident.state in ACTIONS[each.action].sources
            assert ACTIONS[each.action].roles & set(PEOPLE[who])
        if offered:
            self.take(who, no, offered[pick % len(offered)], form)

    @rule(who=st.sampled_from(list(PEOPLE)), which=st.integers(0, 2), pick=st.integers(0, 20))
    def move_a_task(self, who, which, pick):
        no = self.numbers[which]
        with self.database.work(actor(who)) as work:
            case = cases.read_case(work, no, now=self.now)
            able = [(task.id, action) for task in case.tasks for action in task.actions]
            if not able:
                return
            task, action = able[pick % len(able)]
            cases.act_on_task(work, no, task, action, Asked(score=3), revision=case.incident.revision, now=self.now)
        self.steps[no] += 1

    @rule(hours=st.sampled_from([1, 8, 60, 300]))
    def time_goes_on(self, hours):
        self.now += timedelta(hours=hours)

    @rule(which=st.integers(0, 2), action=st.sampled_from(follow.BY_LINK), score=st.sampled_from([None, 4]))
    def the_reporter_says(self, which, action, score):
        no = self.numbers[which]
        cycle = self.row(no).cycle
        try:
            with self.database.work(SYSTEM) as work:
                follow.use(work, self.tokens[no], action, score=score, reason="mine", text=None, now=self.now)
        except GridwardError:
            return
        self.steps[no] += 2 if action == "reopen" and score is not None else 1
        assert self.row(no).cycle == cycle + (action == "reopen")
        with self.database.work(SYSTEM) as work:
            with pytest.raises(ConflictError):
                follow.use(work, self.tokens[no], "rate", score=5, reason=None, text=None, now=self.now)
            self.tokens[no] = follow.issue(work, no, now=self.now)

    @rule(who=st.sampled_from(list(PEOPLE)), which=st.integers(0, 2))
    def a_stale_form_comes(self, who, which):
        no = self.numbers[which]
        before = self.row(no)
        for action, row in ACTIONS.items():
            if before.state in row.sources and row.roles & set(PEOPLE[who]):
                with pytest.raises((StaleRevisionError, GridwardError)), self.database.work(actor(who)) as work:
                    cases.act(work, no, action, Asked(), revision=before.revision + 1, now=self.now)
                break
        assert self.row(no) == before

    @precondition(lambda self: bool(self.numbers))
    @rule()
    def the_house_tidies_up(self):
        with self.database.work(SYSTEM) as work:
            upkeep.lift_deadlocks(work, now=self.now)
            upkeep.archive(work, now=self.now)
        for no in self.numbers:
            self.steps[no] = self.count(no)

    def count(self, no: str) -> int:
        with self.database.work(SYSTEM) as work:
            return work.session.scalar(
                sa.text(
                    "select count(*) from transition where (month, incident_id) ="
                    " (select month, incident_id from intake_key where no = :no)"
                ),
                {"no": no},
            )

    @invariant()
    def hands_are_apart_and_the_chain_gives_the_row(self):
        for no in self.numbers:
            with self.database.work(SYSTEM) as work:
                proof = cases.verify(work, no, now=self.now)
                case = cases.read_case(work, no, now=self.now)
            assert proof.intact, (no, proof)
            assert proof.steps == self.steps[no], "exactly one row for each change"
            row = self.row(no)
            assert not set(row.openers) & set(row.dispatchers), "who opens or closes never dispatched"
            assert not set(row.checkers) & set(row.handlers), "who checks never handled"
            assert case.incident.grid["code"] == "990101001001001"
            if row.state == "CLOSED":
                signed = [task.signed_at for task in case.tasks if task.signed_at]
                assert all(each <= case.incident.state_at for each in signed)
            if machine().states[row.state]["open"] and row.state != "SUSPENDED":
                assert case.clocks.stage is not None, "every open state has a clock"
            for earlier, later in itertools.pairwise(case.transitions):
                assert (later.seq, later.from_state) == (earlier.seq + 1, earlier.to_state)


def test_random_walks_keep_the_invariants(database, town):
    Walk.database = database
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=12,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
