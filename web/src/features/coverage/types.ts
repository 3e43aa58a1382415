/** What the server says of coverage: the shapes of its OpenAPI document, and of the free JSON in them. */
import type * as GeoJSON from 'geojson'
import type { components } from '../../api/schema'

type Schemas = components['schemas']

export type Run = Schemas['RunOut']
export type AreaFigures = Schemas['AreaCoverageOut']
export type Areas = Schemas['AreasOut']
export type Gap = Schemas['GapOut']
export type KeyPlace = Schemas['PlaceOut']
export type Level = Schemas['LevelOut']
export type Rate = Schemas['RateOut']

export type Status = 'all' | 'networked' | 'online' | 'serviceable'
export const STATUSES: readonly Status[] = ['all', 'networked', 'online', 'serviceable']

/** What a run was asked. */
export interface Needs {
  k: 1 | 2 | 3
  status: Status
  level: string | null
  on: string | null
  month: string | null
  named: string[]
  reason: string | null
}

/** One grid in two runs; null where only one of them has it. */
export interface ComparedGrid {
  code: string
  name: string
  seen_share_a: number | null
  seen_share_b: number | null
  change: number | null
  places_seen_a: number | null
  places_seen_b: number | null
}
export interface Comparison {
  a: Run
  b: Run
  same_grids: boolean
  summary: { figure: string; a: number; b: number; change: number }[]
  grids: ComparedGrid[]
  places: { id: string; kind: string; name: string; was: KeyPlace['seen']; is: KeyPlace['seen'] }[]
}

/** A camera that is not there (yet), or one that is, put or turned otherwise. */
export interface CameraIdea {
  /** Its name on this page, echoed by the server. */
  key: string
  /** The existing camera that it stands for. */
  id: string | null
  lon: number
  lat: number
  azimuth: number | null
  hfov: number
  max_range: number
  sensor_px: number
  ptz: boolean
  dome: boolean
}
export interface GridChange {
  street_m: number
  seen_m: number
  seen_m_upper: number
  k2_m: number
  places: number
  places_seen: number
  places_seen_upper: number
  gap_score: number
}
export interface SeenIdea {
  key: string | null
  id: string | null
  shed: GeoJSON.Polygon | GeoJSON.MultiPolygon | null
  area_m2: number
  known: boolean
  flags: string[]
  moved_m: number
  range_m: number
  lon: number
  lat: number
  privacy: { zone_id: string; kind: string; reason: string; overlap_m2: number }[]
  allowed: boolean
  why_en: string | null
  why_zh: string | null
}
export interface WhatIf {
  run_id: string | null
  cameras: SeenIdea[]
  grids: { grid_id: string; fid: number; code: string; before: GridChange; after: GridChange }[]
  change: { seen_m: number; seen_m_upper: number; places_seen: number; gap_score: number }
  ms: number
}

export interface PlacedCamera {
  rank: number
  lon: number
  lat: number
  azimuth: number | null
  hfov: number
  max_range: number
  sensor_px: number
  ptz: boolean
  dome: boolean
  mount: string
  gain: number
  cost: number | null
  grid_id: string | null
  grid_code: string | null
  area_code: string | null
  shed: GeoJSON.Geometry | null
}
export interface Placement {
  id: string
  plan_id: string
  name: string
  created_at: string
  author: string | null
  revision: number
  edited: boolean
  spec: Record<string, unknown>
  summary: {
    budget: number | null
    unit: 'cameras' | 'money'
    cameras: number
    cost: number | null
    currency: string | null
    covered: number
    reachable: number
    bound: number | null
    gap: number | null
    demand: number
    seen_m_before: number
    seen_m_after: number
    places_seen_before: number
    places_seen_after: number
    candidates: number
    refused: Record<string, number>
    minima: { area: string; name: string; least: number; placed: number }[]
    note_en: string | null
    note_zh: string | null
  }
  cameras?: PlacedCamera[]
}
export interface Redundant {
  removable: { camera: number; id: string; ref: string; kind: string; lon: number; lat: number; loss_m: number; loss_places: number }[]
  turnable: { id: string; ref: string; azimuth: number | null; new_azimuth: number; gain_m: number; gain_places: number; lon: number; lat: number }[]
  note_en: string | null
  note_zh: string | null
}
export interface Zone {
  id: string
  kind: string
  reason: string
  geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon
  area_m2: number
  cameras: number
  author: string | null
  created_at: string
  revision: number
  looking_in?: { id: string; ref: string; overlap_m2: number }[]
}
export interface Facilities {
  of: 'facility' | 'post'
  minutes: number
  pace_m_per_min: number
  kinds: { kind: string; count: number; units: number; units_with: number; share: number | null; households: number; households_within: number; median_min: number | null }[]
  unreached: { code: string; name: string; households: number }[]
  definitions: Record<string, string>
}
