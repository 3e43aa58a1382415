/** Change sets of areas: what the server says of them, and the steps that change them. */
import { computed, effect, signal } from '@preact/signals'
import type { MultiPolygon, Polygon } from 'geojson'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import { onLayer, onNews } from '../../api/events'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import { NoAnswer, Problem } from '../../api/client'
import type { ProblemBody } from '../../api/types'
import { limited } from '../../api/rights'
import { store } from '../../map/store'
import { person } from '../planner/life/life'
import { offers, type Offer, type Step } from '../planner/life/steps'

type Schemas = components['schemas']
export type AreaChange = Schemas['AreaChangeOut']
export type WholeChange = Schemas['WholeAreaChangeOut']
export type AreaAction = Schemas['AreaActionIn']
export type AreaLineage = Schemas['AreaLineageOut']
export type AreaShape = Schemas['AreaShape']
export type AreaComment = Schemas['AreaCommentOut']
export type ChangeStep = Schemas['StepOut']
export type Made = Schemas['AreaChangeMade']
export type Area = Schemas['AreaOut']

const URL = '/api/v1/area-changes'
const of = (id: string): string => `${URL}/${id}`
const match = (revision: number): Record<string, string> => ({ 'If-Match': `"${revision}"` })

/** What the panel shows: the list, a new set, figures, or the change set of this id. */
export const opened = computed(() => (/^[0-9a-f-]{36}$/.test(store.part.value ?? '') ? store.part.value : null))

export const changes = resource(async (abort) => {
  const where = territory.peek()
  return where && !limited.peek() ? (await ask<{ changes: AreaChange[] }>(`${URL}${query({ territory: where.id })}`, { signal: abort })).changes : []
})
export const areas = resource(async (abort) => {
  const where = territory.peek()
  return where ? (await ask<{ areas: Area[] }>(`/api/v1/areas${query({ territory: where.id })}`, { signal: abort })).areas : []
})
/** Areas of the day of the address, with their shapes. */
export interface DayArea {
  code: string
  name: string
  kind: string
  geometry: Polygon | MultiPolygon
}
const MOST_AREAS = 10_000
export const dated = resource(async (abort) => {
  const [where, day] = [territory.peek(), store.at.peek()]
  if (!where || !day) return null
  // midday is the same day in every zone that is in use here
  const path = `/ogc/collections/areas/items${query({ bbox: where.bbox.join(','), datetime: `${day}T12:00:00Z`, limit: String(MOST_AREAS) })}`
  const { features } = await ask<{ features: { properties: Omit<DayArea, 'geometry'>; geometry: DayArea['geometry'] }[] }>(path, { signal: abort })
  return { day, rows: features.map(({ properties: { code, name, kind }, geometry }): DayArea => ({ code, name, kind, geometry })) }
})
/** The first page shows the areas of a day, not of today's change sets. */
export const ofDay = computed(() => (store.at.value && !opened.value && !store.part.value ? store.at.value : null))
export const whole = resource(async (abort) => {
  const id = opened.peek()
  return id ? ask<WholeChange>(of(id), { signal: abort }) : null
})
export const shapes = resource(async (abort) => {
  const id = opened.peek()
  return id ? ask<Schemas['AreaShapes']>(`${of(id)}/shapes`, { signal: abort }) : null
})
export const steps = resource(async (abort) => {
  const id = opened.peek()
  return id ? (await ask<{ steps: ChangeStep[] }>(`${of(id)}/history`, { signal: abort })).steps : []
})
export const comments = resource(async (abort) => {
  const id = opened.peek()
  return id ? (await ask<{ comments: AreaComment[] }>(`${of(id)}/comments`, { signal: abort })).comments : []
})

/** The step that is being asked about, if a dialog is open. */
export const asking = signal<Step | null>(null)
/** The area that is bright in the table and on the map. */
export const bright = signal<string | null>(null)
/** Which side of a change the map shows. */
export const side = signal<'before' | 'after' | 'both'>('both')

const NOT_OF_AREAS: readonly Step[] = ['draft', 'retire']

/** The steps that a change set's state knows, each with what bars this person from it. */
export function offersOf(change: AreaChange): Offer[] {
  return offers({ ...change, kind: 'household' }, person.value).filter(({ step }) => !NOT_OF_AREAS.includes(step))
}

const PATHS: Partial<Record<Step, string>> = { submit: 'submit', recall: 'recall', approve: 'approve', send_back: 'send-back', withdraw: 'withdraw' }

/** Fetches again what a step changed. */
export async function refresh(): Promise<void> {
  await Promise.all([changes.load(), areas.load(), ...(store.at.peek() ? [dated.load()] : []), ...(opened.peek() ? [whole.load(), shapes.load(), steps.load(), comments.load()] : [])])
}

/** Takes a step of a change set; raises what the server refuses it with. */
export async function take(change: AreaChange, step: Step, words: string, reasoned: boolean): Promise<void> {
  if (step === 'delete') {
    await ask(of(change.id), { method: 'DELETE', headers: match(change.revision) })
    store.part.value = null
    await changes.load()
    return
  }
  const body = reasoned ? { reason: words } : { note: words }
  await ask(`${of(change.id)}/${PATHS[step] ?? ''}`, { method: 'POST', headers: match(change.revision), body })
  await refresh()
}

/** Publishes a change set on a basis; what is left empty is as in the draft. */
export async function publish(change: AreaChange, basis: string, day: string): Promise<AreaChange> {
  const body = { basis, ...(day ? { effective_on: day } : {}) }
  const answer = await ask<{ change: AreaChange }>(`${of(change.id)}/publish`, { method: 'POST', headers: match(change.revision), body })
  await refresh()
  return answer.change
}

export interface Decision {
  name: string
  basis: string
  day: string
}

/** Keeps actions as a draft (or draws a draft anew by them); a dry run only tells. */
export async function draw(decision: Decision, actions: AreaAction[], dryRun: boolean, draft: AreaChange | null): Promise<Made> {
  if (draft) return ask<Made>(`${of(draft.id)}/actions`, { method: 'PUT', headers: match(draft.revision), body: { actions, dry_run: dryRun } })
  const body = {
    name: decision.name || '–',
    basis: decision.basis,
    effective_on: decision.day || null,
    territory: territory.peek()?.id ?? null,
    actions,
    dry_run: dryRun,
  }
  return ask<Made>(`${URL}/drawn`, { method: 'POST', body })
}

export interface Upload {
  file: File
  crs: string
  /** Kinds of the areas that end; none: those of the new ones. */
  replaces: readonly string[]
}

/** Sends a file of boundaries; a dry run only tells. */
export async function upload(decision: Decision, what: Upload, dryRun: boolean, draft: AreaChange | null): Promise<Made> {
  const form = new FormData()
  form.set('file', what.file)
  form.set('dry_run', String(dryRun))
  if (what.crs) form.set('crs', what.crs)
  form.set('replaces', what.replaces.join(',') || 'same')
  if (!draft) {
    form.set('name', decision.name || '–')
    form.set('basis', decision.basis)
    if (decision.day) form.set('effective_on', decision.day)
    const where = territory.peek()
    if (where) form.set('territory', where.id)
  }
  let response: Response
  try {
    const headers = { Accept: 'application/json', ...(draft ? match(draft.revision) : {}) }
    response = await fetch(draft ? `${of(draft.id)}/areas` : URL, { method: draft ? 'PUT' : 'POST', headers, body: form })
  } catch (cause) {
    throw new NoAnswer({ cause })
  }
  const body = (await response.json().catch(() => null)) as unknown
  if (!response.ok) throw new Problem({ ...((body ?? {}) as ProblemBody), status: response.status })
  return body as Made
}

/** Pins a remark to a change set, an area of it, or a place. */
export async function say(change: string, text: string, area: string | null, point: [number, number] | null): Promise<void> {
  await ask(`${of(change)}/comments`, { method: 'POST', body: { text, area_code: area, point } })
  await comments.load()
}

const SETTLE_MS = 400

/** Follows the server while the page is open; returns how to stop. */
export function startAreas(): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  const later = (): void => {
    clearTimeout(waiting)
    waiting = setTimeout(() => void refresh(), SETTLE_MS)
  }
  const stops = [
    effect(() => {
      if (!territory.value) return
      void changes.load()
      void areas.load()
    }),
    effect(() => {
      if (store.at.value && territory.value) void dated.load()
      else dated.clear()
    }),
    effect(() => {
      void opened.value
      bright.value = null
      for (const one of [whole, shapes, steps, comments]) {
        one.clear()
        if (opened.value) void one.load()
      }
    }),
    onLayer(({ layer }) => void (layer === 'areas' && later())),
    onNews(({ kind }) => void ((kind === 'area-change' || kind === 'comment') && later())),
  ]
  return () => {
    clearTimeout(waiting)
    stops.forEach((stop) => stop())
  }
}
