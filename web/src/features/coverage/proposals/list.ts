/** Saved proposals: opening, deleting, and the one that is open. */
import { signal } from '@preact/signals'
import { ask } from '../../../api/client'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import type { PlacedCamera, Placement } from '../types'
import { placements } from '../whatif/keep'
import { discard, openCameras, opened } from '../whatif/state'

/** The proposal on screen with its cameras. */
export const current = signal<Placement | null>(null)

function boxAround(cameras: readonly PlacedCamera[]): [number, number, number, number] | null {
  if (cameras.length === 0) return null
  const [xs, ys] = [cameras.map((one) => one.lon), cameras.map((one) => one.lat)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

/** Puts a proposal on the map, where its cameras can be moved, turned and dropped. */
export function openPlacement(one: Placement): void {
  const cameras = one.cameras ?? []
  current.value = one
  openCameras(one, cameras)
  const box = boxAround(cameras)
  if (box) store.goTo.value = { bbox: box }
}

export async function openById(id: string): Promise<void> {
  try {
    openPlacement((await ask<{ placement: Placement }>(`/api/v1/coverage/placements/${id}`)).placement)
  } catch (cause) {
    toast(sentence(cause))
  }
}

export async function remove(one: Placement): Promise<void> {
  try {
    await ask(`/api/v1/coverage/placements/${one.id}`, { method: 'DELETE' })
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
