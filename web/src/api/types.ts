/** What the server says, as `/openapi.json` and the HTTP contract have it. */

export type Box = [number, number, number, number]

export interface Account {
  id: string
  name: string
  display?: string | null
  language?: string | null
  roles?: string[]
}
export interface Session {
  account: Account
  expires_at: string
}
export interface Territory {
  id: string
  name: string
  bbox: Box
  metric_srid: number
  attribution?: string | null
  plan_id: string | null
  demo?: boolean
}
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
  max_deviation?: number
  share_within?: number
  contiguous?: boolean
  tiling_valid?: boolean
  [key: string]: unknown
}
export interface Plan {
  id: string
  kind: string
  name: string
  status: 'draft' | 'review' | 'published' | 'retired'
  created_at: string
  households: number | null
  grids: number | null
  quality: PlanQuality | null
  spec: Record<string, unknown> | null
  revision: number
  author: string | null
  effective_on?: string | null
}
export interface Grid {
  id: string
  fid: number
  code: string
  name: string | null
  area_code: string | null
  area_name: string | null
  households: number
  deviation: number | null
  area_m2: number
  compactness: number | null
  exclave: boolean
  locked?: boolean
  head: { work_no: string; name?: string | null } | null
  bbox: Box
  centre: [number, number]
  revision: number
}
export interface PlanGrids {
  plan: Plan
  mean_households: number
  tolerance: number
  grids: Grid[]
}
export interface Reason {
  kind: string
  text_en: string
  text_zh: string
  amount: number | null
}
export interface CoverageGrid {
  grid_id: string
  fid: number
  code: string
  name: string | null
  street_m: number
  seen_m: number
  seen_m_upper: number
  k2_m: number | null
  unseen_m: number
  places: number
  places_seen: number
  places_seen_upper: number
  cameras: number
  online: number
  gap_score: number
  incidents: number
  reasons: Reason[]
}
export interface CoverageSummary {
  streets_m: number
  seen_m: number
  seen_m_upper: number
  k2_m?: number | null
  key_places: number
  key_places_seen: number
  key_places_seen_upper: number
  cameras: number
  cameras_online: number
  cameras_unknown_heading: number
  gaps: number
}
export interface CoverageReport {
  run: { id: string; at: string; seconds: number | null; spec?: Record<string, unknown> | null }
  summary: CoverageSummary
  grids: CoverageGrid[]
}
export interface Job {
  id: string
  kind: string
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'
  done: number
  note: string | null
  result: Record<string, unknown> | null
  problem: ProblemBody | null
}
export interface ProblemBody {
  type?: string
  title?: string
  status: number
  detail?: string
  code?: string
  request_id?: string
  current?: unknown
  [key: string]: unknown
}
export interface LocatedGrid {
  id: string
  code: string
  name?: string | null
  kind: string
  version?: string | number
  distance_m: number | null
  contains?: boolean
  head?: LocatedHead | null
}
export interface LocatedHead {
  staff: string | null
  work_no: string
  reason?: string | null
}
export interface LocatedStaff {
  id: string
  work_no: string
  post?: string
  straight_m: number | null
  walk_m: number | null
  on_duty?: boolean
  reason?: string | null
}
export interface LocatedCamera {
  id: string
  gb28181_id: string | null
  ref?: string | null
  kind?: string | null
  distance_m: number
  reason: string
  lon?: number
  lat?: number
}
export interface Candidate {
  label?: string
  address?: string
  lon?: number
  lat?: number
  [key: string]: unknown
}
export interface Located {
  point: { lon: number; lat: number; accuracy_m?: number | null } | [number, number] | null
  placement: 'inside' | 'ambiguous' | 'outside'
  grids: LocatedGrid[]
  head: LocatedHead | null
  deputies: LocatedHead[]
  staff: LocatedStaff[]
  cameras: { seeing: LocatedCamera[]; nearest: LocatedCamera[] }
  component: { code16?: string; kind?: string; owner_unit?: string; distance_m?: number } | null
  candidates: Candidate[]
  located_by: string
  at: string
}
export interface Incident {
  id: number | string
  no: string
  month?: string
  item: string
  description: string | null
  state: string
  severity: string | null
  reported_at: string
  lon: number
  lat: number
  accuracy_m: number | null
  grid: { id: string; code: string; name: string | null } | null
  alt_grid: { id: string; code: string; name: string | null } | null
  revision: number
  demo?: boolean
}
export interface SearchHit {
  kind: 'grid' | 'address' | 'place' | 'street' | 'camera' | 'coordinate' | 'area'
  label: string
  detail: string | null
  id: string | null
  lon: number
  lat: number
  bbox: Box | null
}
export interface Camera {
  id: string
  gb28181_id: string | null
  ref?: string | null
  kind?: string | null
  owner?: string | null
  azimuth: number | null
  hfov: number | null
  max_range: number | null
  online: boolean | null
  lon: number
  lat: number
  revision: number
}
export interface LayerEvent {
  layer: string
  rev: number
  bbox: Box | null
}

const OVER = ['CLOSED', 'REJECTED', 'DUPLICATE', 'REFERRED', 'VOIDED', 'ARCHIVED']

/** Whether nothing is left to do about a report in this state. */
export const isOver = (state: string): boolean => OVER.includes(state.toUpperCase())
