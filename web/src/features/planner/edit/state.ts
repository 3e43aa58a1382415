/** What the editing tools show; the place of the map, the tool and snapping live in the map's store. */
import { computed, signal } from '@preact/signals'
import type { Problem } from '../../../api/client'
import { planGrids, session } from '../../../api/data'
import type { Grid } from '../../../api/types'
import type { components } from '../../../api/schema'
import { store } from '../../../map/store'
import { smallScreen } from '../../shell/width'
import type { Command } from './commands'
import type { Doors, Known } from './figures'
import type { ModeState, Scene, Tool } from './modes'
import type { Preview } from './preview'
import type { Snap } from './snap'
import type { LonLat } from './plane'
import type { Topology } from './topology'

export type EditAnswer = components['schemas']['EditAnswerOut']
export type EditedGrid = components['schemas']['EditedGridOut']

/** Atoms of the plan at work, as arcs and nodes; null until they are here. */
export const topology = signal<Topology | null>(null)
export const doors = signal<Doors | null>(null)
export const mode = signal<ModeState>({ tool: 'select' })
export const preview = signal<Preview | null>(null)
/** What computing the last figures took. */
export const figuresMs = signal<number | null>(null)
export const snapped = signal<Snap | null>(null)
export const saving = signal(false)
/** Ground is on its way to where the hand is. */
export const loadingGround = signal(false)
export const undoable = signal({ undo: 0, redo: 0 })
/** New grids and borders as the server answered them, until the map's tiles show them. */
export const fresh = signal<EditedGrid[]>([])
/** What the server would do: shown dashed, kept or discarded. */
export const proposal = signal<{ command: Command; answer: EditAnswer } | null>(null)

export interface Refusal {
  problem: Problem
  command: Command
  place: LonLat | null
}
export const refusal = signal<Refusal | null>(null)

/** An edit that did not reach the server: it is sent again, by hand or when the server is heard of again. */
export interface Unsent {
  command: Command
  repair: boolean
  seen: Record<string, number>
  /** The same key again: what the server did after all is not done twice. */
  key: string
  /** Its place in the list of drawings that this browser keeps: a closed tab loses nothing. */
  kept: string
}
export const unsent = signal<Unsent | null>(null)
/** A neighbourhood is being improved, whatever else the hand does meanwhile. */
export const improving = signal(false)

/** A drawing that was kept when it could not be saved. */
export interface Kept {
  id: string
  plan: string
  at: string
  command: Command
  /** Numbers of its grids, for people. */
  label: string
}
export interface Meeting {
  command: Command
  before: Grid[]
  theirs: EditedGrid[]
  removed: string[]
  /** Shapes and figures of each version, for the three maps. */
  shapes: { before: Record<string, LonLat[][]>; mine: Record<string, LonLat[][]> }
  mine: { id: string; households: number; deviation: number | null }[]
  /** What the server says of mine on top of theirs; null while it is asked, or why it cannot be. */
  onTop: EditAnswer | string | null
  /** Revisions that mine was drawn on. */
  since: Record<string, number>
  /** Who saved theirs, and when. */
  by: { author: string | null; at: string } | null
}
export const meeting = signal<Meeting | null>(null)
export const kept = signal<Kept[]>([])
/** The lists of the tool in hand are open; keys open them, the hand leaves them as they are. */
export const panelOpen = signal(false)
/** Asked for an edit of a plan that is not a draft. */
export const wantsDraft = signal(false)

const TILED = new Set(['household', 'natural_village', 'micro', 'ten_household', 'dedicated', 'police', 'safety', 'cell'])

/** Whether the tools may change the plan on screen; else why not. */
export const hindrance = computed<null | 'none' | 'kind' | 'role' | 'narrow' | 'area' | 'status'>(() => {
  const plan = planGrids.data.value?.plan
  if (!plan) return 'none'
  if (!TILED.has(plan.kind)) return 'kind'
  const roles = session.value?.account.roles ?? []
  const may = roles.some((role) => role === 'planner' || role === 'admin')
  if (!may) return 'role'
  // borders are drawn to the metre: a small screen is for looking, commenting and approving
  if (smallScreen.value) return 'narrow'
  if (plan.status === 'draft') return null
  // a draft is a copy of the whole plan: others make it
  return session.value?.account.area_path ? 'area' : 'status'
})

/** Grids as the figures start from. */
export const known = computed<Map<string, Known>>(() => {
  const grids = planGrids.data.value?.grids ?? []
  const sums = new Map<string, { households: number; grids: number }>()
  for (const grid of grids) {
    const sum = sums.get(grid.area_code) ?? { households: 0, grids: 0 }
    sums.set(grid.area_code, { households: sum.households + grid.households, grids: sum.grids + 1 })
  }
  return new Map(
    grids.map((grid) => {
      const sum = sums.get(grid.area_code) as { households: number; grids: number }
      const mean = grid.deviation !== null && grid.deviation > -0.99 ? grid.households / (1 + grid.deviation) : sum.households / sum.grids
      return [grid.id, { id: grid.id, households: grid.households, area_m2: grid.area_m2, compactness: grid.compactness ?? 0, mean, inArea: sum.grids }]
    }),
  )
})
export const gridById = computed(() => new Map((planGrids.data.value?.grids ?? []).map((grid) => [grid.id, grid])))
export const selectedGrid = computed(() => planGrids.data.value?.grids.find((grid) => grid.code === store.grid.value) ?? null)

export const scene = computed<Scene | null>(() => {
  const here = topology.value
  if (!here) return null
  const locked = new Set((planGrids.data.value?.grids ?? []).filter((grid) => grid.locked).map((grid) => grid.id))
  return { topology: here, grid: selectedGrid.value?.id ?? null, locked, tolerance: planGrids.data.value?.tolerance ?? 0.1 }
})
export const tool = computed<Tool>(() => mode.value.tool)
