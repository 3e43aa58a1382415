/** Everything that the desks show, each fetched once and shared. */
import { computed, effect, signal } from '@preact/signals'
import { readAddress } from '../map/permalink'
import { store } from '../map/store'
import { ask, query, signedOut } from './client'
import { onLayer } from './events'
import { resource } from './resource'
import type { CoverageReport, Incident, LayerInfo, Plan, PlanGrids, Session, Territory } from './types'

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
/** The plan at work: the one in the address, else the territory's own, else the newest. */
export const planId = computed(() => {
  const all = plans.data.value ?? []
  const asked = all.find((one) => one.id === store.plan.value)
  return asked?.id ?? all.find((one) => one.id === territory.value?.plan_id)?.id ?? all[0]?.id ?? null
})
export const planGrids = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<PlanGrids>(`/api/v1/plans/${id}/grids`, { signal: abort }) : null
})
export const coverage = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<CoverageReport>(`/api/v1/coverage${query({ plan: id })}`, { signal: abort }) : null
})
const QUEUE = 100
export const incidents = resource(async (abort) =>
  ask<{ incidents: Incident[]; next: string | null }>(
    `/api/v1/incidents${query({ limit: QUEUE, territory: territory.peek()?.id })}`,
    { signal: abort },
  ),
)

/** Grids of the plan at work by their code. */
export const gridByCode = computed(() => new Map((planGrids.data.value?.grids ?? []).map((grid) => [grid.code, grid])))
/** The plan at work with its figures. */
export const plan = computed(
  () => planGrids.data.value?.plan ?? plans.data.value?.find((one) => one.id === planId.value) ?? null,
)

/** What to fetch again when a layer changed. */
const consequences: Record<string, () => void> = {
  grids: () => void Promise.all([plans.load(), planGrids.load()]),
  cameras: () => void coverage.load(),
  view_sheds: () => void coverage.load(),
  gaps: () => void coverage.load(),
  key_places: () => void coverage.load(),
  incidents: () => void incidents.load(),
}
const SETTLE_MS = 400
const due = new Map<string, ReturnType<typeof setTimeout>>()

/** Starts following the server; call once, after sign-in. */
export function startData(): () => void {
  const stops = [
    effect(() => {
      if (!territory.value) return
      void plans.load()
      void incidents.load()
    }),
    effect(() => {
      if (planId.value) {
        void planGrids.load()
        void coverage.load()
      }
    }),
    onLayer(({ layer }) => {
      const refresh = consequences[layer]
      if (!refresh) return
      clearTimeout(due.get(layer))
      due.set(layer, setTimeout(refresh, SETTLE_MS))
    }),
  ]
  signedOut.value = false
  void territories.load()
  void layers.load()
  return () => stops.forEach((stop) => stop())
}
