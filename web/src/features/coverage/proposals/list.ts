/** Saved proposals: opening, naming, deleting, and the one that stands beside the one that is open. */
import { computed, signal } from '@preact/signals'
import { ask } from '../../../api/client'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { tab } from '../tabs'
import type { PlacedCamera, Placement } from '../types'
import { current, placements } from '../whatif/keep'
import { discard, openCameras, opened } from '../whatif/state'

/** The proposal that the open one is compared with, with its cameras. */
export const beside = signal<Placement | null>(null)
/** It stands on the map while it is compared. */
export const besideCameras = computed<PlacedCamera[]>(() => (tab.value === 'proposals' ? (beside.value?.cameras ?? []) : []))

const load = async (id: string): Promise<Placement> => (await ask<{ placement: Placement }>(`/api/v1/coverage/placements/${id}`)).placement

function boxAround(cameras: readonly PlacedCamera[]): [number, number, number, number] | null {
  if (cameras.length === 0) return null
  const [xs, ys] = [cameras.map((one) => one.lon), cameras.map((one) => one.lat)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

/** Puts a proposal on the map, where its cameras can be moved, turned and dropped. */
export function openPlacement(one: Placement, move = true): void {
  const cameras = one.cameras ?? []
  current.value = one
  if (beside.peek()?.id === one.id) beside.value = null
  openCameras(one, cameras)
  const box = boxAround(cameras)
  if (box && move) store.goTo.value = { bbox: box }
}

export async function openById(id: string, move = true): Promise<void> {
  try {
    openPlacement(await load(id), move)
  } catch (cause) {
    toast(sentence(cause))
  }
}

/** Puts another proposal beside the one that is open, or takes it away. */
export async function compareBeside(id: string | null): Promise<void> {
  try {
    beside.value = id && beside.peek()?.id !== id ? await load(id) : null
  } catch (cause) {
    toast(sentence(cause))
  }
}

export async function rename(one: Placement, name: string): Promise<boolean> {
  try {
    const { placement } = await ask<{ placement: Placement }>(`/api/v1/coverage/placements/${one.id}`, {
      method: 'PATCH',
      headers: { 'If-Match': `"${one.revision}"` },
      body: { name },
    })
    const open = opened.peek()
    if (open?.id === one.id) opened.value = { id: open.id, name: placement.name, revision: placement.revision }
    if (current.peek()?.id === one.id) current.value = placement
    if (beside.peek()?.id === one.id) beside.value = placement
    toast(t('place.renamed', { name: placement.name }))
    return true
  } catch (cause) {
    toast(sentence(cause))
    return false
  } finally {
    await placements.load()
  }
}

export async function remove(one: Placement): Promise<void> {
  try {
    await ask(`/api/v1/coverage/placements/${one.id}`, { method: 'DELETE' })
    if (beside.peek()?.id === one.id) beside.value = null
    if (opened.peek()?.id === one.id) {
      discard()
      current.value = null
    }
    toast(t('place.deleted', { name: one.name }))
  } catch (cause) {
    toast(sentence(cause))
  }
  await placements.load()
}
