/** Everything that the desks show, each fetched once and shared. */
import { computed, effect, signal } from '@preact/signals'
import { readAddress } from '../map/permalink'
import { remember, remembered, store } from '../map/store'
import { ask, Problem, query, signedOut } from './client'
import { onLayer, tellUnlessLive } from './events'
import { resource } from './resource'
import type { Box, CoverageReport, LayerInfo, Plan, PlanGrids, Session, Territory } from './types'

export const session = signal<Session | null>(null)

export const territories = resource(
  async (abort) => (await ask<{ territories: Territory[] }>('/api/v1/territories', { signal: abort })).territories,
)
export const layers = resource(
  async (abort) => (await ask<{ layers: LayerInfo[] }>('/api/v1/layers', { signal: abort })).layers,
)
/** Where the page was opened, before anything moved the map. */
const opened = readAddress(location.hash).view
const holdsOpened = ({ bbox: [west, south, east, north] }: Territory): boolean =>
  opened !== null && opened.lon >= west && opened.lon <= east && opened.lat >= south && opened.lat <= north
/** The territory at work: the one in the address, else the one that its view lies in, else the first. */
export const territory = computed(() => {
  const all = territories.data.value ?? []
  return all.find((one) => one.id === store.territory.value) ?? all.find(holdsOpened) ?? all[0] ?? null
})
export const plans = resource(async (abort) => {
  const of = territory.peek()
  if (!of) return []
  return (await ask<{ plans: Plan[] }>(`/api/v1/plans${query({ territory: of.id })}`, { signal: abort })).plans
})
/** A plan that was asked for and is not there, or not for this person. */
const missing = signal<string | null>(null)
/** Whether the page shows another plan than the one that was asked for, as that one is not there. */
export const planMissing = computed(() => store.plan.value !== null && store.plan.value === missing.value)
/** The plan at work: the one in the address (until it is known to be missing, on its word), else the territory's own, else the newest. */
export const planId = computed(() => {
  if (store.plan.value && !planMissing.value) return store.plan.value
  if (plans.data.value === null && plans.error.value === null) return null
  const all = plans.data.value ?? []
  return all.find((one) => one.id === territory.value?.plan_id)?.id ?? all[0]?.id ?? null
})
export const planGrids = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<PlanGrids>(`/api/v1/plans/${id}/grids`, { signal: abort }) : null
})
type NoCoverage = { run: null }
export const coverage = resource(async (abort) => {
  const id = planId.peek()
  if (!id) return null
  const found = await ask<CoverageReport | NoCoverage>(`/api/v1/coverage${query({ plan: id })}`, { signal: abort })
  // a plan that nobody has computed yet is an answer of the server, and for the desks nothing to show
  if (!found.run) throw new Problem({ status: 404, code: 'no-run' })
  return found as CoverageReport
})

let sought: string | null = null
/** Asks what became of a plan that the territory's list lacks: it is new, of another territory, or missing. */
async function seek(id: string): Promise<void> {
  const again = sought === id
  sought = id
  let home: string | null = null
  try {
    home = (await ask<{ plan: Plan }>(`/api/v1/plans/${encodeURIComponent(id)}`)).plan.territory_id
  } catch (error) {
    if (!(error instanceof Problem) || error.status === 401 || error.status >= 500) return
  }
  if (store.plan.peek() !== id) return
  const here = territory.peek()?.id
  if (home === null || (home === here && again)) missing.value = id
  else if (home === here) void plans.load()
  else store.territory.value = home
}

/** Grids of the plan at work by their code. */
export const gridByCode = computed(() => new Map((planGrids.data.value?.grids ?? []).map((grid) => [grid.code, grid])))
/** The plan at work with its figures. */
export const plan = computed(
  () => planGrids.data.value?.plan ?? plans.data.value?.find((one) => one.id === planId.value) ?? null,
)

let editing = 0
let ownBoxes: Box[] = []
let heardBoxes: (Box | null)[] = []
const HALF_METRE = 5e-6
const around = (boxes: Box[]): Box =>
  boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])])
const alike = (a: Box, b: Box): boolean => a.every((value, k) => Math.abs(value - (b[k] as number)) < HALF_METRE)

/** An edit of this page is on its way: its answer says all, so the event of it asks for nothing more. */
export function expectOwnGrids(): (boxes: Box[] | null) => void {
  editing += 1
  return (boxes) => {
    editing -= 1
    if (boxes?.length) ownBoxes = [...ownBoxes.slice(-20), around(boxes)]
  }
}

/** Lets the map fetch anew what this page changed. */
export function gridsChanged(boxes: Box[]): void {
  if (boxes.length) for (const layer of ['grids', 'grid_labels', 'atoms']) tellUnlessLive({ layer, rev: 0, bbox: around(boxes) })
}

/** Fetches the grids again, unless all that was heard of them is what this page did. */
function reloadGrids(): void {
  if (editing > 0) {
    due.set('grids', setTimeout(reloadGrids, GRIDS_MS))
    return
  }
  const foreign = heardBoxes.filter((heard) => {
    const own = heard ? ownBoxes.findIndex((box) => alike(box, heard)) : -1
    if (own >= 0) ownBoxes.splice(own, 1)
    return own < 0
  })
  heardBoxes = []
  if (foreign.length) void Promise.all([plans.load(), planGrids.load()])
}

/** What to fetch again when a layer changed. */
const consequences: Record<string, () => void> = {
  grids: reloadGrids,
  cameras: () => void coverage.load(),
  view_sheds: () => void coverage.load(),
  gaps: () => void coverage.load(),
  key_places: () => void coverage.load(),
}
const OF_COVERAGE = new Set(['cameras', 'view_sheds', 'gaps', 'key_places'])
const SETTLE_MS = 400
/** Others' edits are to be seen at once. */
const GRIDS_MS = 100
const due = new Map<string, ReturnType<typeof setTimeout>>()

/** Remembered from the last visit: whoever opens this page comes to a desk. */
const AT_DESK = 'atDesk'
let early: string | null = null

/** Asks for what every desk needs while the server still says who is there; false where nobody was signed in before. */
export function askEarly(): boolean {
  if (remembered(AT_DESK) !== 'yes') return false
  early = planId.peek() ?? ''
  void territories.load()
  void layers.load()
  if (early) void planGrids.load()
  return true
}

/** Nobody is at a desk any more: the next visit asks first. */
export function forgetDesk(): void {
  early = null
  remember(AT_DESK, 'no')
}

/** Starts following the server; call once, after sign-in. */
export function startData(): () => void {
  const begun = early !== null && territories.error.peek() === null && layers.error.peek() === null
  let asked = begun ? early : null
  early = null
  remember(AT_DESK, 'yes')
  const stops = [
    effect(() => {
      if (!territory.value) return
      void plans.load()
    }),
    effect(() => {
      const [id, all] = [store.plan.value, plans.data.value]
      if (!id || !all) return
      if (all.some((one) => one.id === id)) sought = null
      else void seek(id)
    }),
    effect(() => {
      if (planId.value) {
        if (planId.value !== asked || planGrids.error.peek()) void planGrids.load()
        asked = null
        void coverage.load()
      }
    }),
    onLayer(({ layer, bbox }) => {
      if (layer === 'grids') heardBoxes.push(bbox)
      const refresh = consequences[layer]
      if (!refresh) return
      // one change of a camera touches several layers: the figures are fetched once
      const what = OF_COVERAGE.has(layer) ? 'coverage' : layer
      clearTimeout(due.get(what))
      due.set(what, setTimeout(refresh, layer === 'grids' ? GRIDS_MS : SETTLE_MS))
    }),
  ]
  signedOut.value = false
  missing.value = null
  if (!begun) {
    void territories.load()
    void layers.load()
  }
  return () => stops.forEach((stop) => stop())
}
