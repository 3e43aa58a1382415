/** The state of the coverage desk: the run on screen, the area chosen, and what is compared with it. */
import { batch, computed, effect, signal } from '@preact/signals'
import { ask, call, query } from '../../api/client'
import { coverage, planId, territory } from '../../api/data'
import { onCoverage, onLayer } from '../../api/events'
import { follow } from '../../api/jobs'
import { resource } from '../../api/resource'
import type { CoverageReport, Job } from '../../api/types'
import { t } from '../../i18n'
import { store } from '../../map/store'
import { sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { areaRows, scopeOf } from './areas'
import { changed, needsOf, sameNeeds, tellsOfNow } from './needs'
import type { Areas, Comparison, Gap, KeyPlace, Level, Needs, Run } from './types'

/** A run that was asked for by itself: another day, level or need than the newest. */
const asked = resource(async (abort) => {
  const run = store.run.peek()
  return run ? ask<CoverageReport>(`/api/v1/coverage${query({ run })}`, { signal: abort }) : null
})
/** The run on screen. */
export const report = computed<CoverageReport | null>(() => {
  if (!store.run.value || store.run.value === coverage.data.value?.run.id) return coverage.data.value
  return asked.data.value?.run.id === store.run.value ? asked.data.value : null
})
export const reportError = computed(() => (store.run.value ? asked.error.value : coverage.error.value))
export const reportLoading = computed(() => (store.run.value ? asked.loading.value : coverage.loading.value))
export const reload = (): Promise<void> => (store.run.peek() ? asked.load() : coverage.load())
export const needs = computed<Needs>(() => needsOf(report.value?.run ?? null))
/** Whether the map's own layers draw the run on screen; another run is drawn over them. */
export const isShared = computed(() => report.value !== null && report.value.run.id === coverage.data.value?.run.id)
/** A camera changed since the run on screen was computed, and it does not follow by itself. */
export const isBehind = signal(false)

export const levels = resource(async (abort) => (await ask<{ levels: Level[] }>('/api/v1/coverage/levels', { signal: abort })).levels)

const ofRun = <T,>(path: string, extra: Record<string, string | number> = {}) =>
  resource(async (abort) => {
    const run = report.peek()?.run.id
    return run ? ask<T>(`/api/v1/coverage/${path}${query({ run, ...extra })}`, { signal: abort }) : null
  })
export const areas = ofRun<Areas>('areas')
export const gaps = ofRun<{ run: Run; gaps: Gap[] }>('gaps', { limit: 1000 })
export const places = ofRun<{ run: Run; places: KeyPlace[] }>('places')

export const comparison = resource(async (abort) => {
  const [a, b] = [store.compare.peek(), report.peek()?.run.id]
  return a && b ? ask<Comparison>(`/api/v1/coverage/compare${query({ a, b })}`, { signal: abort }) : null
})

/** Areas of the tree with their depth, and the one chosen. */
export const tree = computed(() => areaRows(areas.data.value?.areas ?? []))
export const area = computed(() => tree.value.find((one) => one.code === store.area.value) ?? null)
/** Grids of the area chosen. */
export const rowsInArea = computed(() => scopeOf(report.value?.grids ?? [], tree.value, area.value))

/** Shows a run; one that answers the standing question needs no name in the address: the plan's newest says the same. */
function show(run: Run): void {
  batch(() => {
    store.run.value = run.present ? null : run.id
    isBehind.value = false
  })
}

/** Has a run computed, or finds the finished one of equal inputs; null when it was stopped. */
export async function runFor(plan: string, wanted: Needs): Promise<Run | null> {
  const { data, status } = await call<{ job?: Job; run?: Run }>('/api/v1/coverage/runs', { method: 'POST', body: { plan, needs: wanted } })
  if (status === 200 && data.run) return data.run
  const job = await follow(t('coverage.running'), data.job as Job)
  const id = (job.result as { run_id?: string } | null)?.run_id
  if (job.state === 'cancelled' || !id) {
    toast(t('job.stopped'))
    return null
  }
  return (await ask<CoverageReport>(`/api/v1/coverage${query({ run: id })}`)).run
}

/** Asks for the figures with one choice changed, and shows them. */
export async function choose(choice: Partial<Needs>): Promise<boolean> {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  if (!plan) return false
  try {
    const run = await runFor(plan, changed(needs.peek(), choice))
    if (!run) return false
    await coverage.load()
    show(run)
    return true
  } catch (cause) {
    toast(sentence(cause))
    return false
  }
}

/** Other sides that the run on screen can be compared with. */
export type Other = { run: string } | { plan: string; needs: Needs }

/** Compares the run on screen with another day, month, plan or run. */
export async function compareWith(other: Other): Promise<void> {
  const here = report.peek()
  if (!here) return
  try {
    if ('run' in other) store.compare.value = other.run
    else {
      const run = await runFor(other.plan, other.needs)
      if (run) store.compare.value = run.id
    }
  } catch (cause) {
    toast(sentence(cause))
  }
}

const SETTLE_MS = 400

/** Keeps the desk's figures in step while it is on screen. */
export function startDesk(): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  const heard = (): void => {
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      const run = report.peek()?.run
      if (run && !isShared.peek() && tellsOfNow(run)) isBehind.value = true
    }, SETTLE_MS)
  }
  const stops = [
    effect(() => {
      if (store.run.value) void asked.load()
      else asked.clear()
    }),
    effect(() => {
      // the live copy keeps its id: its time tells that it changed
      const run = report.value?.run
      void run?.at
      if (run) void Promise.all([areas.load(), gaps.load(), places.load()])
    }),
    effect(() => {
      const [other, run] = [store.compare.value, report.value?.run]
      if (other && run) void comparison.load()
      else comparison.clear()
    }),
    effect(() => {
      if (territory.value && !levels.data.peek()) void levels.load()
    }),
    onCoverage(async () => {
      await coverage.load()
      const [here, live] = [report.peek()?.run, coverage.data.peek()?.run]
      // the copy that follows the cameras answers the same question anew
      if (here && live && store.run.peek() && tellsOfNow(here) && sameNeeds(needsOf(here), needsOf(live))) show(live)
    }),
    onLayer(({ layer }) => layer === 'cameras' && heard()),
  ]
  return () => {
    clearTimeout(waiting)
    stops.forEach((stop) => stop())
  }
}
