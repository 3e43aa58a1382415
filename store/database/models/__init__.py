"""Every table, by domain; `Base.metadata` is what Alembic compares against."""

from store.database.models.access import Account, ApiToken, Scope, Session, SignInLink
from store.database.models.area_changes import AreaDraft, ChangeComment, ChangeSet, ChangeStep
from store.database.models.audit import Audit, AuditRetired
from store.database.models.base import Base
from store.database.models.camera import Camera, CameraHeard, CameraStatus, ViewShed
from store.database.models.cases import CaseLink, CaseTask, IncidentContact, TransitionText
from store.database.models.catalogue import (
    AreaClass,
    Calendar,
    CalendarDay,
    Catalogue,
    CatalogueItem,
    LeadUnit,
    TimeLimit,
)
from store.database.models.clock import CaseClock, CaseLimit, ClockEvent, ClockReckoning
from store.database.models.compound import Compound
from store.database.models.coverage import CoverageCheck, CoverageGrid, CoverageRun, Gap, KeyPlaceCoverage
from store.database.models.edit import AtomPast, Edit
from store.database.models.grid_shape import GridShape
from store.database.models.handover import ShiftHandover
from store.database.models.incident import Incident, IncidentTransition, IntakeKey
from store.database.models.intake import Device, Gazetteer, GazetteerState, IntakeQuota, Media, MediaContent, QrCode
from store.database.models.net import GridFloor, NetShare
from store.database.models.notification import Delivery, DeliveryTry, Notification, NotificationRead, Webhook
from store.database.models.organisation import Absence, PostCount, RatioRule, ShiftPattern, StaffingProposal
from store.database.models.plan import Atom, Grid, GridVersion, Plan
from store.database.models.plan_life import Comment, Lineage, PlanStep, Responsibility
from store.database.models.plan_quality import QualityLimit
from store.database.models.plumbing import (
    IdempotencyKey,
    JobFile,
    JobOutput,
    JobProgress,
    LayerRevision,
    Outbox,
    Report,
)
from store.database.models.report import KeptReport, ReportSchedule
from store.database.models.siting import CameraCost, Placement, PlacementCamera, PrivacyZone
from store.database.models.staff import Assignment, Role, Shift, Staff, Unit
from store.database.models.territory import (
    Area,
    Barrier,
    Building,
    Component,
    Dwelling,
    Facility,
    KeyPlace,
    Landcover,
    Street,
    Territory,
    Waterway,
)
from store.database.models.tile_pyramid import AreaShape, IncidentCell
from store.database.models.water import ReachArea, ReachGrid, RiverArea, RiverReach

__all__ = [
    "Absence",
    "Account",
    "ApiToken",
    "Area",
    "AreaClass",
    "AreaDraft",
    "AreaShape",
    "Assignment",
    "Atom",
    "AtomPast",
    "Audit",
    "AuditRetired",
    "Barrier",
    "Base",
    "Building",
    "Calendar",
    "CalendarDay",
    "Camera",
    "CameraCost",
    "CameraHeard",
    "CameraStatus",
    "CaseClock",
    "CaseLimit",
    "CaseLink",
    "CaseTask",
    "Catalogue",
    "CatalogueItem",
    "ChangeComment",
    "ChangeSet",
    "ChangeStep",
    "ClockEvent",
    "ClockReckoning",
    "Comment",
    "Component",
    "Compound",
    "CoverageCheck",
    "CoverageGrid",
    "CoverageRun",
    "Delivery",
    "DeliveryTry",
    "Device",
    "Dwelling",
    "Edit",
    "Facility",
    "Gap",
    "Gazetteer",
    "GazetteerState",
    "Grid",
    "GridFloor",
    "GridShape",
    "GridVersion",
    "IdempotencyKey",
    "Incident",
    "IncidentCell",
    "IncidentContact",
    "IncidentTransition",
    "IntakeKey",
    "IntakeQuota",
    "JobFile",
    "JobOutput",
    "JobProgress",
    "KeptReport",
    "KeyPlace",
    "KeyPlaceCoverage",
    "Landcover",
    "LayerRevision",
    "LeadUnit",
    "Lineage",
    "Media",
    "MediaContent",
    "NetShare",
    "Notification",
    "NotificationRead",
    "Outbox",
    "Placement",
    "PlacementCamera",
    "Plan",
    "PlanStep",
    "PostCount",
    "PrivacyZone",
    "QrCode",
    "QualityLimit",
    "RatioRule",
    "ReachArea",
    "ReachGrid",
    "Report",
    "ReportSchedule",
    "Responsibility",
    "RiverArea",
    "RiverReach",
    "Role",
    "Scope",
    "Session",
    "Shift",
    "ShiftHandover",
    "ShiftPattern",
    "SignInLink",
    "Staff",
    "StaffingProposal",
    "Street",
    "Territory",
    "TimeLimit",
    "TransitionText",
    "Unit",
    "ViewShed",
    "Waterway",
    "Webhook",
]
