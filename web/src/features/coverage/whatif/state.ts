/** Proposed cameras and what they would change. The server measures; one question is under way at a time. */
import { batch, computed, effect, signal } from '@preact/signals'
import { call } from '../../../api/client'
import { planId } from '../../../api/data'
import { onCoverage, onLayer } from '../../../api/events'
import { lang, t } from '../../../i18n'
import type { Camera } from '../../../api/types'
import { limited } from '../../../api/rights'
import { store } from '../../../map/store'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { needs, report } from '../desk'
import type { CameraIdea, PlacedCamera, SeenIdea, WhatIf } from '../types'
import { turned } from './geometry'

const MOST = 200
/** A question that takes longer is dropped for a newer one. */
const PATIENCE_MS = 1_500

export const ideas = signal<CameraIdea[]>([])
/** Existing cameras in the hand as they are, by their id. */
export const originals = signal<ReadonlyMap<string, Camera>>(new Map())
/** Existing cameras that are thought away. */
export const gone = signal<{ id: string; ref: string }[]>([])
export const chosenKey = signal<string | null>(null)
export const answer = signal<WhatIf | null>(null)
export const failure = signal<unknown>(null)
export const waiting = signal(false)
/** What the last answer took, from asking to having it. */
export const answeredMs = signal<number | null>(null)
/** A click on the map puts a camera there. */
export const adding = signal(false)
/** The saved proposal that the cameras on the map belong to. */
export const opened = signal<{ id: string; name: string; revision: number } | null>(null)
/** The cameras differ from the saved proposal. */
export const unsaved = signal(false)

export const active = computed(() => ideas.value.length > 0 || gone.value.length > 0)
export const chosen = computed(() => ideas.value.find((one) => one.key === chosenKey.value) ?? null)
export const chosenAt = computed(() => ideas.value.findIndex((one) => one.key === chosenKey.value))
/** What the server says of each camera, by its key. */
export const seenByKey = computed(() => new Map((answer.value?.cameras ?? []).map((one): [string, SeenIdea] => [one.key ?? one.id ?? '', one])))
/** Metres of street that each touched grid would gain, by its code. */
export const gainByGrid = computed<ReadonlyMap<string, number>>(() => {
  const grids = answer.value?.grids ?? []
  const gains = grids.map((one): [string, number] => [one.code, one.after.seen_m - one.before.seen_m])
  return new Map(gains.filter(([, gain]) => Math.abs(gain) >= 0.5))
})

let count = 0
const freshKey = (): string => `p${(count += 1)}`

const USUAL = { hfov: 60, max_range: 60, sensor_px: 3840, ptz: false, dome: false }

/** Puts a proposed camera on a place, looking as the last one did. */
export function add(lon: number, lat: number): void {
  if (limited.peek()) {
    toast(t('place.wholeOnly'))
    return
  }
  if (ideas.peek().length >= MOST) {
    toast(t('whatif.tooMany', { n: MOST }))
    return
  }
  const last = ideas.peek().filter((one) => one.id === null).at(-1)
  const like = last ? { hfov: last.hfov, max_range: last.max_range, sensor_px: last.sensor_px ?? USUAL.sensor_px, ptz: last.ptz, dome: last.dome } : USUAL
  const one: CameraIdea = { key: freshKey(), id: null, lon, lat, azimuth: last?.azimuth ?? 160, ...like }
  batch(() => {
    ideas.value = [...ideas.peek(), one]
    chosenKey.value = one.key
    adding.value = false
    unsaved.value = true
  })
}

/** An existing camera as it could be: as it is, until the hand changes it. */
export function ideaOf(camera: Camera): CameraIdea {
  return {
    key: `c${camera.id}`,
    id: camera.id,
    lon: camera.lon,
    lat: camera.lat,
    azimuth: camera.azimuth,
    hfov: camera.hfov ?? USUAL.hfov,
    max_range: camera.max_range,
    sensor_px: null,
    ptz: camera.ptz,
    dome: camera.dome,
  }
}

/** Takes an existing camera into the hand. */
export function takeExisting(camera: Camera, look: Partial<CameraIdea> = {}): void {
  const one = { ...ideaOf(camera), ...look }
  batch(() => {
    originals.value = new Map(originals.peek()).set(camera.id, camera)
    ideas.value = [...ideas.peek().filter((other) => other.id !== camera.id), one]
    gone.value = gone.peek().filter((other) => other.id !== camera.id)
    chosenKey.value = one.key
  })
}

/** Thinks an existing camera away, or back. */
export function thinkAway(camera: { id: string; ref: string }): void {
  const rest = gone.peek().filter((one) => one.id !== camera.id)
  gone.value = rest.length === gone.peek().length ? [...rest, camera] : rest
}

const isNew = (key: string): boolean => ideas.peek().some((one) => one.key === key && one.id === null)

/** Changes one proposed camera. */
export function change(key: string, parts: Partial<CameraIdea>): void {
  const heading = parts.azimuth === undefined || parts.azimuth === null ? {} : { azimuth: Math.round(turned(parts.azimuth)) % 360 }
  batch(() => {
    ideas.value = ideas.peek().map((one) => (one.key === key ? { ...one, ...parts, ...heading } : one))
    if (isNew(key)) unsaved.value = true
  })
}

/** Takes a proposed camera away. */
export function drop(key: string): void {
  batch(() => {
    if (isNew(key)) unsaved.value = true
    const at = ideas.peek().findIndex((one) => one.key === key)
    ideas.value = ideas.peek().filter((one) => one.key !== key)
    if (chosenKey.peek() === key) chosenKey.value = (ideas.peek()[at] ?? ideas.peek().at(-1))?.key ?? null
  })
}

/** Forgets all that was thought up. */
export function discard(): void {
  batch(() => {
    ideas.value = []
    gone.value = []
    originals.value = new Map()
    chosenKey.value = null
    opened.value = null
    store.proposal.value = null
    unsaved.value = false
    adding.value = false
  })
}

/** Puts the cameras of a saved proposal on the map. */
export function openCameras(from: { id: string; name: string; revision: number }, cameras: readonly PlacedCamera[]): void {
  batch(() => {
    ideas.value = cameras.slice(0, MOST).map(({ lon, lat, azimuth, hfov, max_range, sensor_px, ptz, dome }) => ({
      key: freshKey(),
      id: null,
      lon,
      lat,
      azimuth,
      hfov,
      max_range,
      sensor_px,
      ptz,
      dome,
    }))
    gone.value = []
    chosenKey.value = null
    opened.value = { id: from.id, name: from.name, revision: from.revision }
    store.proposal.value = from.id
    unsaved.value = false
  })
}

/** Proposed cameras that may not stand as they do, by their number on screen. */
export const refused = computed(() => ideas.value.flatMap((one, k) => (one.id === null && seenByKey.value.get(one.key)?.allowed === false ? [k + 1] : [])))

/** Why a camera may not stand like this, in the language on screen. */
export const whyNot = (one: SeenIdea): string | null => (one.allowed ? null : lang.value === 'zh' ? one.why_zh : one.why_en)

/** A camera as the server takes it: of one that is there only what the hand changed of its lens. */
function told({ id, hfov, max_range, sensor_px, ...rest }: CameraIdea): Record<string, unknown> {
  const was = id ? originals.peek().get(id) : undefined
  const own = was ? ideaOf(was) : null
  return {
    ...rest,
    ...(id ? { id } : {}),
    ...(own?.hfov === hfov ? {} : { hfov }),
    ...(own?.max_range === max_range ? {} : { max_range }),
    ...(sensor_px === null ? {} : { sensor_px }),
  }
}

function body(cameras: readonly CameraIdea[]): Record<string, unknown> {
  const { k, status, level } = needs.peek()
  return {
    plan: report.peek()?.run.plan_id ?? planId.peek(),
    needs: { k, status, level },
    cameras: cameras.map(told),
    remove: gone.peek().map((one) => one.id),
  }
}

/** Asks what cameras would change; nothing is saved. */
export async function measure(cameras: readonly CameraIdea[], abort?: AbortSignal): Promise<{ data: WhatIf; ms: number }> {
  return call<WhatIf>('/api/v1/coverage/what-if', { method: 'POST', body: body(cameras), signal: abort })
}

let current: { abort: AbortController; at: number } | null = null
let newer = false

/** Asks for what is on the map now; while a question is under way only the newest state waits behind it. */
async function follow(): Promise<void> {
  if (current) {
    newer = true
    if (performance.now() - current.at > PATIENCE_MS) current.abort.abort()
    return
  }
  if (!active.peek()) {
    answer.value = null
    failure.value = null
    return
  }
  const mine = { abort: new AbortController(), at: performance.now() }
  current = mine
  newer = false
  waiting.value = true
  try {
    const { data, ms } = await measure(ideas.peek(), mine.abort.signal)
    batch(() => {
      answer.value = active.peek() ? data : null
      answeredMs.value = ms
      failure.value = null
    })
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === 'AbortError')) failure.value = cause
  } finally {
    current = null
    waiting.value = false
    if (newer) void follow()
  }
}

/** Keeps the figures in step with the proposed cameras, the needs and the live cameras. */
export function startWhatIf(): () => void {
  const stops = [
    effect(() => {
      void ideas.value
      void gone.value
      void needs.value
      void follow()
    }),
    onCoverage(() => void follow()),
    // a zone that was drawn or deleted decides what may stand
    onLayer(({ layer }) => layer === 'privacy_zones' && void follow()),
  ]
  return () => stops.forEach((stop) => stop())
}

const AROUND = 15
const FINE = 5

/** Turns a camera to the heading under which the least is left to be seen. */
export async function bestHeading(key: string): Promise<void> {
  const one = ideas.peek().find((idea) => idea.key === key)
  if (!one) return
  const others = ideas.peek().filter((idea) => idea.key !== key)
  const score = async (azimuth: number): Promise<[number, number]> => {
    const { data } = await measure([...others, { ...one, azimuth: turned(azimuth) }])
    const seen = data.cameras.find((camera) => camera.key === key)
    return [seen && !seen.allowed ? Infinity : data.change.gap_score - data.change.seen_m * 1e-6, turned(azimuth)]
  }
  const best = async (headings: number[]): Promise<[number, number]> => {
    const found: [number, number][] = []
    for (const heading of headings) found.push(await score(heading))
    return found.reduce((a, b) => (b[0] < a[0] ? b : a))
  }
  waiting.value = true
  try {
    const coarse = await best(Array.from({ length: 360 / AROUND }, (_, k) => k * AROUND))
    const fine = await best([coarse[1] - FINE, coarse[1], coarse[1] + FINE])
    if (Number.isFinite(fine[0])) {
      change(key, { azimuth: fine[1] })
      toast(t('whatif.turned', { n: Math.round(fine[1]) }))
    } else toast(t('whatif.noHeading'))
  } catch (cause) {
    toast(sentence(cause))
  } finally {
    waiting.value = false
  }
}
