/** Privacy zones, and the one that is being drawn or changed. */
import { batch, computed, signal } from '@preact/signals'
import type { Feature, FeatureCollection, Polygon, MultiPolygon } from 'geojson'
import { ask, query } from '../../../api/client'
import { territory } from '../../../api/data'
import { resource } from '../../../api/resource'
import { t } from '../../../i18n'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { tab } from '../tabs'
import type { Zone } from '../types'
import { active } from '../whatif/state'

export type LonLat = [number, number]

export const zones = resource(async (abort) => {
  const of = territory.peek()?.id
  return of ? ask<{ zones: Zone[]; kinds: string[] }>(`/api/v1/privacy-zones${query({ territory: of })}`, { signal: abort }) : null
})

/** A zone in the hand: the corners of its first ring, open, and what it will be saved as. */
export interface Draft {
  id: string | null
  revision: number
  kind: string
  reason: string
  ring: LonLat[]
  /** Parts and holes that stay as they are. */
  rest: { holes: LonLat[][]; parts: LonLat[][][] }
  /** Corners are being put down. */
  drawing: boolean
}
export const draft = signal<Draft | null>(null)
export const zoneChosen = signal<string | null>(null)
export const saving = signal(false)

export const LEAST_REASON = 5

/** Begins a new zone. */
export function begin(): void {
  draft.value = { id: null, revision: 0, kind: zones.data.peek()?.kinds[0] ?? 'dwelling', reason: '', ring: [], rest: { holes: [], parts: [] }, drawing: true }
  zoneChosen.value = null
}

const open = (ring: LonLat[]): LonLat[] => ring.slice(0, -1)

/** Takes a zone into the hand. */
export function take(zone: Zone): void {
  const polygons = (zone.geometry.type === 'Polygon' ? [zone.geometry.coordinates] : zone.geometry.coordinates) as LonLat[][][]
  const [first = [], ...parts] = polygons
  const [outer = [], ...holes] = first
  batch(() => {
    draft.value = { id: zone.id, revision: zone.revision, kind: zone.kind, reason: zone.reason, ring: open(outer), rest: { holes, parts }, drawing: false }
    zoneChosen.value = zone.id
  })
}

const put = (parts: Partial<Draft>): void => {
  const now = draft.peek()
  if (now) draft.value = { ...now, ...parts }
}
export const setKind = (kind: string): void => put({ kind })
export const setReason = (reason: string): void => put({ reason })
export const finish = (): void => put({ drawing: false })
export const letGo = (): void => void (draft.value = null)

/** Puts a corner at the end. */
export function addCorner(at: LonLat): void {
  const now = draft.peek()
  if (now) put({ ring: [...now.ring, at] })
}
/** Puts a corner between two others. */
export function insertCorner(after: number, at: LonLat): void {
  const now = draft.peek()
  if (now) put({ ring: [...now.ring.slice(0, after + 1), at, ...now.ring.slice(after + 1)] })
}
export function moveCorner(k: number, at: LonLat): void {
  const now = draft.peek()
  if (now) put({ ring: now.ring.map((one, j) => (j === k ? at : one)) })
}
/** Takes a corner away; a ring keeps three. */
export function dropCorner(k: number): void {
  const now = draft.peek()
  if (now && (now.drawing || now.ring.length > 3)) put({ ring: now.ring.filter((_, j) => j !== k) })
}

/** The shape in the hand as GeoJSON, or null while it has fewer than three corners. */
export function shapeOf(one: Draft): Polygon | MultiPolygon | null {
  if (one.ring.length < 3) return null
  const first = [[...one.ring, one.ring[0] as LonLat], ...one.rest.holes]
  if (one.rest.parts.length === 0) return { type: 'Polygon', coordinates: first }
  return { type: 'MultiPolygon', coordinates: [first, ...one.rest.parts] }
}

/** Why the zone cannot be saved yet, or null. */
export const missing = computed(() => {
  const now = draft.value
  if (!now) return null
  if (now.ring.length < 3) return t('zones.needCorners')
  if (now.reason.trim().length < LEAST_REASON) return t('zones.needReason')
  return null
})

/** Saves the zone in the hand. */
export async function save(): Promise<void> {
  const now = draft.peek()
  if (!now || missing.peek() || saving.peek()) return
  saving.value = true
  const body = { kind: now.kind, reason: now.reason.trim(), geometry: shapeOf(now) }
  try {
    const { zone } = now.id
      ? await ask<{ zone: Zone }>(`/api/v1/privacy-zones/${now.id}`, { method: 'PATCH', headers: { 'If-Match': `"${now.revision}"` }, body })
      : await ask<{ zone: Zone }>('/api/v1/privacy-zones', { method: 'POST', body: { territory: territory.peek()?.id, ...body } })
    toast(t('zones.saved'))
    batch(() => {
      draft.value = null
      zoneChosen.value = zone.id
    })
    await zones.load()
  } catch (cause) {
    toast(sentence(cause))
  } finally {
    saving.value = false
  }
}

/** Deletes a zone. */
export async function remove(zone: Zone): Promise<void> {
  try {
    await ask(`/api/v1/privacy-zones/${zone.id}`, { method: 'DELETE', headers: { 'If-Match': `"${zone.revision}"` } })
    if (draft.peek()?.id === zone.id) draft.value = null
    zoneChosen.value = null
    toast(t('zones.deleted'))
  } catch (cause) {
    toast(sentence(cause))
  }
  await zones.load()
}

/** What the map shows of zones: all while they are worked on or cameras are proposed. */
export const zonesShape = computed<FeatureCollection>(() => {
  const now = draft.value
  const wanted = tab.value === 'zones' || active.value || now !== null
  const features: Feature[] = wanted
    ? (zones.data.value?.zones ?? [])
        .filter((one) => one.id !== now?.id)
        .map((one) => ({ type: 'Feature', properties: { chosen: one.id === zoneChosen.value }, geometry: one.geometry }))
    : []
  const shape = now && (shapeOf(now) ?? (now.ring.length === 2 ? { type: 'LineString' as const, coordinates: now.ring } : null))
  if (shape) features.push({ type: 'Feature', properties: { chosen: true }, geometry: shape })
  return { type: 'FeatureCollection', features }
})
