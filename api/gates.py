"""Which accounts a route is for: business or one of the administrators, whole territory or areas, and who may export.

Row security decides which rows an account sees; this decides who may ask at all. A route that is not named here as
safe for accounts of some areas is refused to them, so a new route is shut until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gis.errors import NotAllowedError
from services.access import BUSINESS, SignedIn

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# sent by POST because a question may be long or hold a place; they change nothing
QUESTIONS = frozenset({"/api/v1/locate", "/api/v1/coverage/what-if"})

# for whoever is signed in, whatever the account may do
OWN: Final = ("/api/v1/session", "/api/v1/account/", "/openapi.json", "/ogc/api")
# how the account itself gets in: for people at a page, not for programs with a token of theirs
KEYS: Final = "/api/v1/account/"
# the services behind these ask for the administrator that they belong to
ADMINISTRATION: Final = ("/api/v1/accounts", "/api/v1/audit", "/api/v1/operations")
# open without signing in: they count who comes (services/quota.py) and tell neither doors nor people
PUBLIC: Final = ("/api/v1/public/", "/open311/v2", "/api/v1/follow/")

# every row that these show or change passes row security, and none tells sums of what it hides: those of a plan and
# of its coverage are added up from the grids in sight (services/plan_figures.py, services/coverage_in_area.py).
# A walk from here may lead over a border (services/facilities.py); what it leads to is not told
IN_AREAS: Final = frozenset(
    {
        "GET /api/v1/territories", "GET /api/v1/areas", "GET /api/v1/plans/current", "GET /api/v1/grids",
        "GET /api/v1/plans", "GET /api/v1/plans/{plan_id}",
        "GET /api/v1/coverage", "GET /api/v1/coverage/areas", "GET /api/v1/reports/{report}",
        "GET /api/v1/plans/{plan_id}/grids", "GET /api/v1/plans/{plan_id}/atoms",
        "GET /api/v1/plans/{plan_id}/quality", "GET /api/v1/statistics", "POST /api/v1/statistics/restate",
        # a kept report is of the areas that its author saw, and for accounts of the very same areas
        "GET /api/v1/reports", "POST /api/v1/reports", "GET /api/v1/reports/{report}/file",
        "PATCH /api/v1/reports/{report}", "DELETE /api/v1/reports/{report}",
        "GET /api/v1/coverage/facilities", "GET /api/v1/coverage/facilities/reach",
        "GET /api/v1/plans/{plan_id}/comments", "POST /api/v1/plans/{plan_id}/comments",
        "POST /api/v1/plans/{plan_id}/comments/{comment_id}/resolve",
        "POST /api/v1/plans/{plan_id}/comments/{comment_id}/reopen",
        # drafts are edited grid by grid: an edit is proved within one area (services/plan_edits/sight.py)
        "POST /api/v1/plans/{plan_id}/grids/{grid_id}/split", "POST /api/v1/plans/{plan_id}/grids/merge",
        "POST /api/v1/plans/{plan_id}/borders/move", "POST /api/v1/plans/{plan_id}/reassign",
        "POST /api/v1/plans/{plan_id}/grids", "POST /api/v1/plans/{plan_id}/grids/{grid_id}/lock",
        "POST /api/v1/plans/{plan_id}/grids/{grid_id}/rename", "POST /api/v1/plans/{plan_id}/grids/{grid_id}/recode",
        "POST /api/v1/plans/{plan_id}/improve", "POST /api/v1/plans/{plan_id}/undo",
        "POST /api/v1/plans/{plan_id}/redo", "PATCH /api/v1/grids/{grid_id}",
        "GET /api/v1/plans/{plan_id}/edits", "GET /api/v1/plans/{plan_id}/check",
        "GET /api/v1/plans/{plan_id}/history", "GET /api/v1/plans/{plan_id}/lineage",
        "GET /api/v1/plans/{plan_id}/export",
        "GET /api/v1/plans/{plan_id}/reaches", "GET /api/v1/reaches/{reach_id}", "GET /api/v1/grids/{grid_id}/nets",
        "GET /api/v1/organisation", "GET /api/v1/units", "GET /api/v1/units/{unit}", "GET /api/v1/roles",
        "GET /api/v1/staff", "GET /api/v1/staff/{staff}", "PATCH /api/v1/staff/{staff}", "GET /api/v1/assignments",
        "POST /api/v1/assignments", "GET /api/v1/assignments/{assignment}", "PATCH /api/v1/assignments/{assignment}",
        "DELETE /api/v1/assignments/{assignment}", "GET /api/v1/shifts", "POST /api/v1/shifts",
        "DELETE /api/v1/shifts/{shift}", "DELETE /api/v1/shift-patterns/{pattern}", "POST /api/v1/absences",
        "DELETE /api/v1/absences/{absence}", "GET /api/v1/vacancies", "GET /api/v1/vacancies.geojson",
        "GET /api/v1/ratio-rules",
        "GET /api/v1/responsibilities", "GET /api/v1/staff/assignments", "GET /api/v1/coverage/gaps",
        "GET /api/v1/coverage/places", "GET /api/v1/coverage/levels", "GET /api/v1/coverage/runs/{run}/sheds",
        "GET /api/v1/privacy-zones",
        "POST /api/v1/privacy-zones", "GET /api/v1/privacy-zones/{zone}", "PATCH /api/v1/privacy-zones/{zone}",
        "DELETE /api/v1/privacy-zones/{zone}", "POST /api/v1/locate", "GET /api/v1/incidents",
        "POST /api/v1/incidents", "GET /api/v1/incidents/{no}", "PATCH /api/v1/incidents/{no}",
        "GET /api/v1/incidents/counts", "GET /api/v1/incidents/chart", "GET /api/v1/incidents/{no}/transitions",
        "POST /api/v1/incidents/actions", "GET /api/v1/incidents/{no}/verify", "POST /api/v1/incidents/{no}/follow",
        "GET /api/v1/incidents/{no}/contact", "PUT /api/v1/incidents/{no}/contact",
        "DELETE /api/v1/incidents/{no}/contact", "POST /api/v1/incidents/{no}/actions/{action}",
        "POST /api/v1/incidents/{no}/tasks/{task_id}/{action}",
        "GET /api/v1/search",
        "GET /api/v1/incidents/{no}/answer", "GET /api/v1/incidents/near", "GET /api/v1/handovers",
        "POST /api/v1/handovers", "POST /api/v1/handovers/{handover}/taken",
        "GET /api/v1/incidents/{no}/duplicates", "POST /api/v1/media", "GET /api/v1/media/{media_id}",
        "POST /api/v1/media/{media_id}/blur", "GET /api/v1/plates", "POST /api/v1/plates", "GET /api/v1/plates/sheet",
        "GET /api/v1/plates/{code}", "DELETE /api/v1/plates/{code}",
        "GET /api/v1/cameras/{camera}", "PATCH /api/v1/cameras/{camera}", "GET /api/v1/layers", "GET /api/v1/style",
        "POST /api/v1/layers/export", "GET /api/v1/jobs/{job_id}/file",
        "GET /api/v1/basemaps", "GET /api/v1/basemaps/{basemap}/{z}/{x}/{y}",
        "GET /api/v1/catalogue", "GET /api/v1/catalogue/items", "GET /api/v1/catalogue/items/{code}",
        "GET /api/v1/catalogue/lead-units", "GET /api/v1/calendars", "GET /api/v1/calendars/due",
        "GET /api/v1/incidents/{no}/clocks", "GET /api/v1/notifications", "POST /api/v1/notifications/read",
        "GET /api/v1/jobs/{job_id}", "DELETE /api/v1/jobs/{job_id}", "GET /api/v1/events", "GET /api/v1/events/poll",
    }
)  # fmt: skip
# a body outside sees what was handed to it and nothing else of the business
OUTSIDE_BODY: Final = "outside_body"
FOR_OUTSIDE: Final = frozenset(
    {
        "GET /api/v1/incidents", "GET /api/v1/incidents/counts", "GET /api/v1/incidents/{no}",
        "GET /api/v1/incidents/{no}/transitions", "POST /api/v1/incidents/{no}/actions/{action}",
    }
)  # fmt: skip
# collections are lists of rows of secured tables, whatever way they go out
IN_AREAS_BELOW: Final = ("/ogc/", "/ogc")

# what an open page asks by itself, and a page says so of the rest while nobody touches it
UNATTENDED: Final = frozenset(
    {
        "/api/v1/events", "/api/v1/events/poll", "/api/v1/plans/{plan_id}/presence",
        "/api/v1/operations/webhooks/{webhook_id}/deliveries",
    }
)  # fmt: skip
UNATTENDED_HEADER: Final = "X-Unattended"

# taking data out in a file
EXPORTS: Final = frozenset(
    {
        "GET /api/v1/plans/{plan_id}/export", "GET /api/v1/reports/{report}", "POST /api/v1/reports",
        "GET /api/v1/reports/{report}/file", "POST /api/v1/layers/export", "GET /api/v1/jobs/{job_id}/file",
        "GET /api/v1/plans/{plan_id}/handover/{grid}",
    }
)  # fmt: skip


class AdministratorsApartError(NotAllowedError):
    """An administrator asked for business, or somebody else for an administrator's work."""

    code = "administrators-apart"


class OutsideBodyError(NotAllowedError):
    """An outside body asked for more than what was handed to it."""

    code = "outside-body"


class PasswordDueError(NotAllowedError):
    """A new password is due before anything else."""

    code = "password-due"


class ReadOnlyTokenError(NotAllowedError):
    """A token that may only read was sent with a change."""

    code = "read-only-token"


class TokenMayNotError(NotAllowedError):
    """A token was used to make another way in."""

    code = "token-may-not"


class DutyOverError(NotAllowedError):
    """The duty that the session, token or job acts in does not hold any more."""

    code = "duty-over"


def check(who: SignedIn, method: str, route: str) -> None:
    """Refuse a request that its account may not make at all.

    Parameters
    ----------
    who : SignedIn
    method : str
        HTTP method.
    route : str
        Template of the route.

    Raises
    ------
    NotAllowedError
        The account, its token or its areas are not for this.
    """
    if method not in SAFE_METHODS:
        _check_change(who, route)
    if is_own(route):
        return
    if who.must_change:
        raise PasswordDueError("Choose a new password first.")
    if who.duty_is_over:
        raise DutyOverError("The duty that you acted in is over; choose another one.", duty=who.actor.duty)
    if route.startswith(ADMINISTRATION):
        return
    if not who.actor.roles.intersection(BUSINESS):
        raise AdministratorsApartError("Administrators and accounts without a role do not see business.")
    asked = f"{_read_as_get(method)} {route}"
    if who.actor.roles.intersection(BUSINESS) == {OUTSIDE_BODY} and asked not in FOR_OUTSIDE:
        raise OutsideBodyError("An outside body sees only the cases that were handed to it.")
    if who.actor.is_limited and not is_safe_in_areas(method, route):
        who.actor.require_everywhere()
    if asked in EXPORTS:
        who.actor.require("export")


def _check_change(who: SignedIn, route: str) -> None:
    if who.read_only and route not in QUESTIONS:
        raise ReadOnlyTokenError("This token may only read.")
    if who.via == "token" and route.startswith(KEYS):
        # else a token that may do little, or was lost, makes one that may do everything and lasts
        raise TokenMayNotError("Passwords, sessions and tokens are changed by signing in, not with a token.")


def is_unattended(route: str, headers: Mapping[str, str]) -> bool:
    """Whether a page asks this without anybody at it, so that it is no use of the session."""
    return route in UNATTENDED or UNATTENDED_HEADER in headers


def is_own(route: str) -> bool:
    """Whether a route concerns nothing but the account that asks."""
    return route.startswith(OWN)


def is_safe_in_areas(method: str, route: str) -> bool:
    """Whether accounts of some areas may ask: what they must not see is kept from them by the database."""
    if route.startswith(IN_AREAS_BELOW):
        return True
    return f"{_read_as_get(method)} {route}" in IN_AREAS


def _read_as_get(method: str) -> str:
    return "GET" if method == "HEAD" else method
