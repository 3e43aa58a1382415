/** Fetches what the tools work on: atoms, dwellings, what can be undone. */
import { effect } from '@preact/signals'
import { ask, call, query } from '../../../api/client'
import { planGrids } from '../../../api/data'
import type { components } from '../../../api/schema'
import type { Grid } from '../../../api/types'
import { store } from '../../../map/store'
import type { Doors } from './figures'
import { busy } from './modes'
import { doors, fresh, gridById, meeting, mode, saving, topology, undoable } from './state'
import { atomAt, buildTopology, readAtoms, type Atom, type AtomsOut, type Topology } from './topology'

/** Grids that one answer may hold; beyond, those that are nearest to the middle of the screen. */
const MOST_GRIDS = 200
const PAGE = 1000
const MOST_PAGES = 20

let atoms: Atom[] = []
let of: string | null = null
let pending: Promise<void> | null = null
/** Revisions that the arcs on screen were made of: what an edit says it saw. */
let revisions = new Map<string, number>()

/** The grids as they were when those arcs were made: what a person who edits has before them. */
let seen = new Map<string, Grid>()
export const gridSeen = (id: string): Grid | undefined => seen.get(id) ?? gridById.peek().get(id)

/** The revision of a grid that the tools show. */
export const revisionSeen = (id: string): number => answered.get(id) ?? revisions.get(id) ?? gridById.peek().get(id)?.revision ?? 0

/** Revisions that this page's own edits answered: seen, though their atoms may still be on the way. */
const answered = new Map<string, number>()
export function noteAnswer(grids: readonly { id: string; revision: number }[]): void {
  for (const { id, revision } of grids) answered.set(id, revision)
}

/** The grids to work on: all of a small plan, else those about the middle of the map. */
function wanted(): string[] {
  const grids = planGrids.data.peek()?.grids ?? []
  if (grids.length <= MOST_GRIDS) return grids.map((grid) => grid.id)
  const chosen = grids.find((grid) => grid.code === store.grid.peek())
  const view = store.view.peek()
  const [lon, lat] = chosen?.centre ?? (view ? [view.lon, view.lat] : (grids[0]?.centre ?? [0, 0]))
  const shrink = Math.cos((lat * Math.PI) / 180)
  const away = (grid: (typeof grids)[number]): number => Math.hypot((grid.centre[0] - lon) * shrink, grid.centre[1] - lat)
  return [...grids].sort((a, b) => away(a) - away(b)).slice(0, MOST_GRIDS).map((grid) => grid.id)
}

async function fetchAtoms(plan: string, grids: string[]): Promise<Atom[]> {
  if (grids.length === 0) return []
  return readAtoms(await ask<AtomsOut>(`/api/v1/plans/${plan}/atoms${query({ grids: grids.join(',') })}`))
}

interface Page {
  features: { geometry: { coordinates: [number, number] }; properties: { households: number } }[]
  links: { rel: string; href: string }[]
}

/** Dwellings under the atoms, each with the grid that it lies in. */
async function fetchDoors(here: Topology): Promise<Doors> {
  const corners = atoms.flatMap((atom) => atom.rings[0] ?? [])
  const box = corners.reduce(([w, s, e, n], [x, y]) => [Math.min(w, x), Math.min(s, y), Math.max(e, x), Math.max(n, y)] as [number, number, number, number], [180, 90, -180, -90] as [number, number, number, number])
  const found: Page['features'] = []
  let next: string | null = `/ogc/collections/dwellings/items${query({ bbox: box.map((each) => each.toFixed(7)).join(','), limit: PAGE })}`
  for (let page = 0; next && page < MOST_PAGES; page += 1) {
    const answer: Page = (await call<Page>(next)).data
    found.push(...answer.features)
    const link = answer.links.find(({ rel }) => rel === 'next')?.href
    next = link ? link.replace(/^https?:\/\/[^/]+/, '') : null
  }
  return placeDoors(here, found.map(({ geometry, properties }) => ({ at: geometry.coordinates, households: properties.households })))
}

/** Puts dwellings into columns, with the grid of the atom they lie in. */
export function placeDoors(here: Topology, list: { at: [number, number]; households: number }[]): Doors {
  const grids = [...here.atomsOf.keys()]
  const number = new Map(grids.map((id, k) => [id, k]))
  const n = list.length
  const made: Doors = { x: new Float64Array(n), y: new Float64Array(n), households: new Float64Array(n), grid: new Int32Array(n), grids }
  list.forEach(({ at, households }, k) => {
    const spot = here.plane.to(at)
    made.x[k] = spot[0]
    made.y[k] = spot[1]
    made.households[k] = households
    made.grid[k] = number.get(atomAt(here, spot)?.atom.grid ?? '') ?? -1
  })
  return made
}

/** Dwellings again where they were, in the grids as they are now. */
function replaceDoors(here: Topology, before: Topology | null): void {
  const old = doors.peek()
  if (!old || !before) return
  const list = Array.from(old.x, (x, k) => ({ at: before.plane.from([x, old.y[k] as number]), households: old.households[k] as number }))
  doors.value = placeDoors(here, list)
}

/** Loads the plan at work, once; again for another plan, or with `anew`. */
export async function ensure(anew = false): Promise<void> {
  const plan = planGrids.data.peek()?.plan.id ?? null
  if (!plan) return
  if (of === plan && !anew) return pending ?? Promise.resolve()
  if (of !== plan) {
    topology.value = null
    doors.value = null
  }
  of = plan
  pending = (async () => {
    const [found, log] = await Promise.all([
      fetchAtoms(plan, wanted()),
      ask<components['schemas']['EditLog']>(`/api/v1/plans/${plan}/edits?limit=500`),
    ])
    if (of !== plan) return
    atoms = found
    note()
    const here = buildTopology(atoms)
    topology.value = here
    const mine = log.edits.filter((edit) => edit.mine && edit.kind !== 'undo' && edit.kind !== 'redo')
    undoable.value = { undo: mine.filter(({ state }) => state === 'live').length, redo: mine.filter(({ state }) => state === 'undone').length }
    doors.value = await fetchDoors(here)
  })()
  try {
    await pending
  } catch (cause) {
    of = null
    throw cause
  }
}

/** Remembers which revisions the atoms are of. */
function note(): void {
  const here = new Set(atoms.map((atom) => atom.grid))
  seen = new Map([...gridById.peek()].filter(([id]) => here.has(id)))
  revisions = new Map([...seen].map(([id, grid]) => [id, grid.revision]))
}

let renewing = false
/** Fetches the atoms of grids that changed; the figures on screen came with the answer already. */
async function renew(): Promise<void> {
  const plan = of
  const grids = gridById.peek()
  const gone = [...revisions.keys()].filter((id) => !grids.has(id))
  const whole = revisions.size + gone.length < grids.size && grids.size <= MOST_GRIDS
  const changed = [...grids.values()].filter((grid) => (revisions.has(grid.id) || whole ? revisions.get(grid.id) !== grid.revision : fresh.peek().some((one) => one.id === grid.id))).map((grid) => grid.id)
  if (!plan || renewing || (changed.length === 0 && gone.length === 0)) return
  renewing = true
  try {
    const found = await fetchAtoms(plan, changed)
    if (of !== plan) return
    const old = new Set([...changed, ...gone])
    atoms = [...atoms.filter((atom) => !old.has(atom.grid)), ...found]
    for (const id of gone) revisions.delete(id)
    for (const id of changed) {
      const grid = grids.get(id)
      if (grid) seen.set(id, grid)
      revisions.set(id, grid?.revision ?? 0)
      answered.delete(id)
    }
    const before = topology.peek()
    const here = buildTopology(atoms)
    topology.value = here
    replaceDoors(here, before)
  } finally {
    renewing = false
  }
  // something may have changed meanwhile
  await renew()
}

/** Keeps the arcs in step with the table, but never under a hand that is at work; returns how to stop. */
export function followPlan(failed: (cause: unknown) => void): () => void {
  return effect(() => {
    const plan = planGrids.data.value?.plan.id
    void gridById.value
    const working = busy(mode.value) && mode.value.tool !== 'border'
    const holding = mode.value.tool === 'border' && (mode.value.dragging || mode.value.grabbed)
    if (plan !== of || !topology.peek() || working || holding || saving.value || meeting.value) return
    void renew().catch(failed)
  })
}

/** Forgets the plan: it is fetched anew when a tool needs it. */
export function forget(): void {
  of = null
  atoms = []
  answered.clear()
  revisions = new Map()
  topology.value = null
  doors.value = null
}
