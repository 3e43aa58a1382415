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
export type ComparedGrid = Schemas['GridPairOut']
export type Comparison = Schemas['ComparisonOut']

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
  sensor_px: number | null
  ptz: boolean
  dome: boolean
}
type Ground = GeoJSON.Polygon | GeoJSON.MultiPolygon
export type SeenIdea = Omit<Schemas['ViewOut'], 'shed' | 'privacy'> & {
  shed: Ground | null
  privacy: { zone_id: string; kind: string; reason: string; overlap_m2: number }[]
}
export type WhatIf = Omit<Schemas['WhatIfOut'], 'cameras'> & { cameras: SeenIdea[] }

export type PlacedCamera = Schemas['WholePlacementOut']['cameras'][number]
export interface PlacementFigures {
  budget: number | null
  unit: 'cameras' | 'money'
  cameras: number
  cost: number | null
  currency: string | null
  gap: number | null
  /** Shares and costs of a search for the fewest; older proposals have none of these. */
  cover?: number | null
  reached?: boolean | null
  least_cost?: number | null
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
/** A proposal; its cameras are left out of lists. */
export type Placement = Omit<Schemas['PlacementOut'], 'summary'> & { summary: PlacementFigures; cameras?: PlacedCamera[] }
export type Redundant = Schemas['RedundantOut']
export type Zone = Omit<Schemas['ZoneOut'], 'geometry'> & { geometry: Ground }
export type Facilities = Schemas['FacilitiesOut']
