/** Fetches what the tools work on, where they work: atoms and dwellings of the grids about the hand, and what can be undone. */
import { effect } from '@preact/signals'
import { ask, call, query } from '../../../api/client'
import { gridByCode, planGrids } from '../../../api/data'
import type { components } from '../../../api/schema'
import type { Box, Grid } from '../../../api/types'
import { mapOnScreen } from '../../../map/engine'
import { store } from '../../../map/store'
import type { Doors } from './figures'
import { busy } from './modes'
import { doors, fresh, gridById, hindrance, loadingGround, meeting, mode, saving, selectedGrid, topology, undoable } from './state'
import { atomAt, buildTopology, readAtoms, type Atom, type AtomsOut, type Frame, type Topology } from './topology'
import { planeAt } from './plane'
import { gridsIn, gridsOfMode, KEPT, meets, wantedGrids, workBox } from './wanted'

/** Grids of one request. */
const BATCH = 60
const DOORS = 10_000
/** A view or a hand that rests for so long is looked at. */
const REST_MS = 120
/** A frame is good for as far as this, in degrees of latitude: beyond, the flat earth shows in the figures. */
const FRAME_DEGREES = 0.1

interface Door {
  at: [number, number]
  households: number
}

let atoms: Atom[] = []
let doorsFound = new Map<number | string, Door>()
let of: string | null = null
let opening: Promise<void> | null = null
let frame: Frame | null = null
let frameAt: [number, number] = [0, 0]
/** Revisions that the arcs on screen were made of: what an edit says it saw. */
let revisions = new Map<string, number>()
/** Every grid of the plan that was there when the arcs were last made. */
let listed = new Set<string>()

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

/** What the map shows; null without a map. */
function viewBox(): Box | null {
  const bounds = mapOnScreen.peek()?.getBounds()
  return bounds ? [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()] : null
}

function wanted(): string[] {
  const grids = planGrids.data.peek()?.grids ?? []
  const state = mode.peek()
  const under = store.hover.peek()
  const near = [selectedGrid.peek() ?? undefined, ...gridsOfMode(state).map((id) => gridById.peek().get(id)), state.tool !== 'select' && under ? gridByCode.peek().get(under) : undefined]
  // without a map and a selection there is nothing to go by: the first grid is where the table begins
  const first = near.some(Boolean) || mapOnScreen.peek() ? [] : [grids[0]]
  return wantedGrids(grids, { view: viewBox(), near: [...near, ...first], work: frame && workBox(state, frame.plane) })
}

async function fetchAtoms(plan: string, grids: string[]): Promise<Atom[]> {
  const batches = Array.from({ length: Math.ceil(grids.length / BATCH) }, (_, k) => grids.slice(k * BATCH, (k + 1) * BATCH))
  const found = await Promise.all(batches.map((batch) => ask<AtomsOut>(`/api/v1/plans/${plan}/atoms${query({ grids: batch.join(',') })}`)))
  return found.flatMap(readAtoms)
}

interface Page {
  features: { id: number | string; geometry: { coordinates: [number, number] }; properties: { households: number } }[]
  links: { rel: string; href: string }[]
}

const around = (boxes: readonly (readonly number[])[]): number[] =>
  boxes.reduce<number[]>(([w, s, e, n], [x0, y0, x1, y1]) => [Math.min(w as number, x0 as number), Math.min(s as number, y0 as number), Math.max(e as number, x1 as number), Math.max(n as number, y1 as number)], [180, 90, -180, -90])

/** Dwellings on the ground of some grids. */
async function fetchDoors(grids: readonly string[]): Promise<void> {
  const boxes = grids.map((id) => gridById.peek().get(id)?.bbox).filter((box) => box !== undefined)
  if (boxes.length === 0) return
  let next: string | null = `/ogc/collections/dwellings/items${query({ bbox: around(boxes).map((each) => each.toFixed(7)).join(','), limit: DOORS })}`
  while (next) {
    const answer: Page = (await call<Page>(next)).data
    for (const { id, geometry, properties } of answer.features) doorsFound.set(id, { at: geometry.coordinates, households: properties.households })
    const link = answer.links.find(({ rel }) => rel === 'next')?.href
    next = link ? link.replace(/^https?:\/\/[^/]+/, '') : null
  }
}

/** Puts dwellings into columns, with the grid of the atom they lie in. */
export function placeDoors(here: Topology, list: readonly Door[], counted: Iterable<string>): Doors {
  const grids = [...here.atomsOf.keys()]
  const number = new Map(grids.map((id, k) => [id, k]))
  const n = list.length
  const made: Doors = { x: new Float64Array(n), y: new Float64Array(n), households: new Float64Array(n), grid: new Int32Array(n), grids, counted: new Set(counted) }
  list.forEach(({ at, households }, k) => {
    const spot = here.plane.to(at)
    made.x[k] = spot[0]
    made.y[k] = spot[1]
    made.households[k] = households
    made.grid[k] = number.get(atomAt(here, spot)?.atom.grid ?? '') ?? -1
  })
  return made
}

/** Grids whose dwellings are here. */
let counted = new Set<string>()

function showDoors(): void {
  const here = topology.peek()
  if (here) doors.value = placeDoors(here, [...doorsFound.values()], [...counted].filter((id) => here.atomsOf.has(id)))
}

/** Arcs anew over all atoms that are here. */
function rebuild(): void {
  atoms.sort((a, b) => a.id - b.id)
  const here = buildTopology(atoms, frame ?? undefined)
  frame = here.frame
  topology.value = here
  showDoors()
}

/** A frame about where the work is; a new one only while nothing is in hand. */
function reframe(): void {
  const middle = selectedGrid.peek()?.centre ?? mapOnScreen.peek()?.getCenter().toArray() ?? planGrids.data.peek()?.grids[0]?.centre ?? [0, 0]
  const far = Math.hypot((middle[0] as number) - frameAt[0], (middle[1] as number) - frameAt[1]) > FRAME_DEGREES
  if (frame && (!far || busy(mode.peek()))) return
  frameAt = [middle[0] as number, middle[1] as number]
  frame = { plane: planeAt(frameAt), vertices: new Map() }
}

/** Lets go of ground that nothing asks for any more. */
function letGo(needed: readonly string[]): void {
  if (revisions.size + needed.length <= KEPT || busy(mode.peek())) return
  const keep = new Set(needed)
  const gone = new Set([...revisions.keys()].filter((id) => !keep.has(id)))
  atoms = atoms.filter((atom) => !gone.has(atom.grid))
  for (const id of gone) {
    revisions.delete(id)
    seen.delete(id)
    counted.delete(id)
  }
  const boxes = [...revisions.keys()].map((id) => gridById.peek().get(id)?.bbox).filter((box) => box !== undefined)
  for (const [id, { at }] of doorsFound) if (!boxes.some((box) => meets(box, [...at, ...at]))) doorsFound.delete(id)
}

function remember(ids: readonly string[]): void {
  const grids = gridById.peek()
  for (const id of ids) {
    const grid = grids.get(id)
    if (!grid) continue
    seen.set(id, grid)
    revisions.set(id, grid.revision)
    answered.delete(id)
  }
}

let extending: Promise<void> | null = null

/** Brings the ground of grids that are not here yet; what is in hand stays in it. */
async function extend(needed: readonly string[]): Promise<void> {
  // who waits for another's ground is not told that it failed
  while (extending) await extending.catch(() => undefined)
  const plan = of
  const missing = needed.filter((id) => !revisions.has(id) && gridById.peek().has(id))
  if (!plan || missing.length === 0) return
  const before = new Map(missing.map((id) => [id, gridById.peek().get(id) as Grid]))
  loadingGround.value = true
  extending = (async () => {
    const found = await fetchAtoms(plan, missing)
    if (of !== plan) return
    letGo(needed)
    reframe()
    const now = new Set(missing)
    atoms = [...atoms.filter((atom) => !now.has(atom.grid)), ...found]
    for (const [id, grid] of before) {
      seen.set(id, grid)
      revisions.set(id, grid.revision)
    }
    rebuild()
    void fetchDoors(missing)
      .then(() => {
        if (of !== plan) return
        for (const id of missing) if (revisions.has(id)) counted.add(id)
        showDoors()
      })
      // figures without dwellings say so; the next move asks again
      .catch(() => undefined)
  })()
  try {
    await extending
  } finally {
    extending = null
    loadingGround.value = false
  }
}

/** Brings the ground under a box, wherever the map looks. */
export async function bring(box: Box): Promise<void> {
  await extend(gridsIn(planGrids.data.peek()?.grids ?? [], box).map(({ id }) => id))
}

/** Whether all grids under a box are here. */
export const here = (box: Box): boolean => gridsIn(planGrids.data.peek()?.grids ?? [], box).every(({ id }) => revisions.has(id))

/** Opens the plan at work for the tools, once, and brings the ground that they need now. */
export async function ensure(): Promise<void> {
  const plan = planGrids.data.peek()?.plan.id ?? null
  if (!plan) return
  if (of !== plan) {
    forget()
    of = plan
    listed = new Set(gridById.peek().keys())
    opening = openLog(plan)
  }
  try {
    await Promise.all([opening, extend(wanted())])
    if (of === plan && !topology.peek()) {
      reframe()
      rebuild()
    }
  } catch (cause) {
    of = null
    throw cause
  }
}

async function openLog(plan: string): Promise<void> {
  const log = await ask<components['schemas']['EditLog']>(`/api/v1/plans/${plan}/edits?limit=500`)
  if (of !== plan) return
  const mine = log.edits.filter((edit) => edit.mine && edit.kind !== 'undo' && edit.kind !== 'redo')
  undoable.value = { undo: mine.filter(({ state }) => state === 'live').length, redo: mine.filter(({ state }) => state === 'undone').length }
}

/** Grids here that changed, grids that are gone, and new ones on ground that is here. */
function outdated(): { changed: string[]; gone: string[] } {
  const grids = gridById.peek()
  const gone = [...revisions.keys()].filter((id) => !grids.has(id))
  const changed = [...revisions.keys()].filter((id) => grids.has(id) && grids.get(id)?.revision !== revisions.get(id))
  const touched = [...gone, ...changed].map((id) => seen.get(id)?.bbox).filter((box) => box !== undefined)
  const made = new Set(fresh.peek().map(({ id }) => id))
  const come = [...grids.values()].filter(({ id, bbox }) => !listed.has(id) && !revisions.has(id) && (made.has(id) || touched.some((box) => meets(box, bbox))))
  return { changed: [...changed, ...come.map(({ id }) => id)], gone }
}

let renewing = false
/** Fetches the atoms of grids that changed; the figures on screen came with the answer already. */
async function renew(): Promise<void> {
  const plan = of
  const { changed, gone } = outdated()
  if (!plan || renewing || (changed.length === 0 && gone.length === 0)) return
  renewing = true
  try {
    const found = await fetchAtoms(plan, changed)
    if (of !== plan) return
    const elsewhere = changed.some((id) => answered.get(id) !== gridById.peek().get(id)?.revision)
    const old = new Set([...changed, ...gone])
    atoms = [...atoms.filter((atom) => !old.has(atom.grid)), ...found]
    for (const id of gone) revisions.delete(id)
    remember(changed)
    // the dwellings lie where they lay: on ground that was here, they are counted
    for (const id of changed) counted.add(id)
    listed = new Set(gridById.peek().keys())
    rebuild()
    // perhaps by one's own hand in another window: that is to be taken back here, too
    if (elsewhere) await openLog(plan)
  } finally {
    renewing = false
  }
  // something may have changed meanwhile
  await renew()
}

/** Keeps the ground in step with table, map and hand; never changes it under a hand that is at work. Returns how to stop. */
export function followPlan(failed: (cause: unknown) => void): () => void {
  let resting: ReturnType<typeof setTimeout> | undefined
  const stops = [
    effect(() => {
      const plan = planGrids.data.value?.plan.id
      void gridById.value
      const working = busy(mode.value) && mode.value.tool !== 'border'
      const holding = mode.value.tool === 'border' && (mode.value.dragging || mode.value.grabbed)
      if (plan !== of || !topology.value || working || holding || saving.value || meeting.value) return
      void renew().catch(failed)
    }),
    effect(() => {
      void [store.view.value, selectedGrid.value?.id, mapOnScreen.value, mode.value, mode.value.tool === 'select' || store.hover.value]
      if (hindrance.value !== null) return
      clearTimeout(resting)
      resting = setTimeout(() => {
        if (of === planGrids.data.peek()?.plan.id && topology.peek()) void extend(wanted()).catch(failed)
      }, REST_MS)
    }),
  ]
  return () => {
    clearTimeout(resting)
    stops.forEach((stop) => stop())
  }
}

/** Forgets the plan: it is fetched anew when a tool needs it. */
export function forget(): void {
  of = null
  opening = null
  atoms = []
  doorsFound = new Map()
  counted = new Set()
  answered.clear()
  revisions = new Map()
  seen = new Map()
  listed = new Set()
  frame = null
  topology.value = null
  doors.value = null
}
