/**
 * What the server says. The shapes come from its OpenAPI document (`npm run types` writes `schema.ts`); only what it
 * leaves open (free JSON) is named here.
 */
import type { components } from './schema'

type Schemas = components['schemas']

export type Box = [number, number, number, number]
export type Account = Schemas['AccountOut']
export type Session = Schemas['SessionOut']
export type Managed = Schemas['ManagedAccount']
export type OneTimeLink = Schemas['OneTimeLink']
export type Territory = Schemas['TerritoryOut']
export type Grid = Schemas['GridOut']
export type Camera = Schemas['CameraOut']
export type Basemap = Schemas['BasemapOut']
export type Incident = Schemas['IncidentOut']
export type Counts = Schemas['CountsOut']
/** A whole case: the report, what this account may do now, tasks, history. */
export type CaseFull = Schemas['CaseOut']
/** A case with its place and the unit that leads for it. */
export type DeskAnswer = Schemas['DeskAnswer']
export type ManyResult = Schemas['ResultOut']
export type Duplicate = Schemas['DuplicateOut']
export type HandoverDesk = Schemas['HandoverDeskOut']
export type Handover = Schemas['HandoverOut']
export type SearchHit = Schemas['HitOut']
export type LocatedGrid = Schemas['LocatedGrid']
export type LocatedStaff = Schemas['LocatedStaff']
export type LocatedCamera = Schemas['LocatedCamera']

export interface LegendItem {
  label: { en: string; zh: string }
  swatch: 'fill' | 'hatch' | 'line' | 'dash' | 'icon'
  light: string
  dark: string
  image: string | null
  theme: 'deviation' | 'coverage' | null
}
export interface LayerInfo {
  id: string
  title: { en: string; zh: string }
  group: 'base' | 'grids' | 'cameras' | 'incidents'
  geometry: 'point' | 'line' | 'polygon'
  min_zoom: number
  max_zoom: number
  revision?: number
  legend: LegendItem[]
  visible?: boolean
}

export interface PlanQuality {
  contiguous?: boolean
  tiling_valid?: boolean
  [key: string]: unknown
}
export type Plan = Omit<Schemas['PlanOut'], 'quality'> & { quality: PlanQuality }
export type PlanGrids = Omit<Schemas['PlanGridsOut'], 'plan'> & { plan: Plan }

export interface Reason {
  kind: string
  text_en: string
  text_zh: string
  amount: number
}
export type CoverageGrid = Omit<Schemas['CoverageGridOut'], 'reasons'> & { reasons: Reason[] }
export interface CoverageSummary {
  streets_m: number
  seen_m: number
  seen_m_upper: number
  k2_m: number
  key_places: number
  key_places_seen: number
  key_places_seen_upper: number
  cameras: number
  cameras_online: number
  cameras_unknown_heading: number
  gaps: number
  rates?: Record<string, Schemas['RateOut']>
  /** Of a run averaged over a month. */
  availability?: { mean: number | null; below: number; below_target: { camera: string; ref: string; availability: number }[] } | null
  definitions?: { official_en: string; official_zh: string; geometric_en: string; geometric_zh: string }
}
export interface CoverageReport {
  run: Schemas['RunOut']
  summary: CoverageSummary
  grids: CoverageGrid[]
}

export interface ProblemBody {
  status: number
  type?: string
  title?: string
  detail?: string
  code?: string
  request_id?: string
  current?: unknown
  [key: string]: unknown
}
export type Job = Omit<Schemas['JobOut'], 'problem'> & { problem: ProblemBody | null }

export interface Candidate {
  label?: string
  detail?: string | null
  address?: string
  lon?: number
  lat?: number
  [key: string]: unknown
}
export interface Component {
  code16?: string
  kind?: string
  owner_unit?: string
  distance_m?: number
  lon?: number
  lat?: number
}
export type Located = Omit<Schemas['LocatedAnswer'], 'point' | 'component' | 'candidates'> & {
  point: { lon: number; lat: number; accuracy_m?: number } | null
  component: Component | null
  candidates: Candidate[]
}

export interface LayerEvent {
  layer: string
  rev: number
  bbox: Box | null
}

/** States in which nothing is left to do. */
export const OVER = ['CLOSED', 'REJECTED', 'DUPLICATE', 'REFERRED', 'VOIDED', 'ARCHIVED']

/** Whether nothing is left to do about a report in this state. */
export const isOver = (state: string): boolean => OVER.includes(state.toUpperCase())
