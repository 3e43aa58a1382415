/** Keeping proposed cameras as a proposal of the plan. */
import { batch, signal } from '@preact/signals'
import { ask, query } from '../../../api/client'
import { planId } from '../../../api/data'
import { resource } from '../../../api/resource'
import { limited } from '../../../api/rights'
import { t } from '../../../i18n'
import { day } from '../../../i18n/format'
import { store } from '../../../map/store'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { needs, report } from '../desk'
import type { CameraIdea, Placement } from '../types'
import { ideas, opened, refused, unsaved } from './state'

/** Proposals of the plan on screen, newest first, without their cameras. */
export const placements = resource(async (abort) => {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  return plan && !limited.peek() ? (await ask<{ placements: Placement[] }>(`/api/v1/coverage/placements${query({ plan })}`, { signal: abort })).placements : null
})

/** The proposal on screen with its cameras. */
export const current = signal<Placement | null>(null)

const plain = ({ lon, lat, azimuth, hfov, max_range, sensor_px, ptz, dome }: CameraIdea) => ({
  lon,
  lat,
  azimuth,
  hfov,
  max_range,
  ptz,
  dome,
  ...(sensor_px === null ? {} : { sensor_px }),
})

/** Begins a proposal with cameras that were put by hand. */
async function begin(name: string, cameras: ReturnType<typeof plain>[]): Promise<{ placement: Placement }> {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  return ask<{ placement: Placement }>('/api/v1/coverage/placements', { method: 'POST', body: { plan, name, needs: asked(), cameras } })
}

/** What the proposal on the map is to be called; null leaves it to the day, or to the name that it has. */
export const wantedName = signal<string | null>(null)

/** Saves the cameras on the map: into the proposal that is open, else as a new one. */
export async function keep(): Promise<void> {
  const name = wantedName.peek()?.trim()
  const cameras = ideas.peek().filter((one) => one.id === null).map(plain)
  if (cameras.length === 0) {
    toast(t('whatif.nothingToKeep'))
    return
  }
  if (refused.peek().length > 0) {
    toast(t('whatif.keepRefused', { n: refused.peek().join(', ') }))
    return
  }
  const open = opened.peek()
  try {
    const { placement } = open
      ? await ask<{ placement: Placement }>(`/api/v1/coverage/placements/${open.id}`, {
          method: 'PATCH',
          headers: { 'If-Match': `"${open.revision}"` },
          body: name ? { name, cameras } : { cameras },
        })
      : await begin(name || t('whatif.usualName', { day: day(new Date()) }), cameras)
    batch(() => {
      opened.value = { id: placement.id, name: placement.name, revision: placement.revision }
      store.proposal.value = placement.id
      current.value = placement
      unsaved.value = false
      wantedName.value = null
    })
    toast(t('whatif.kept', { name: placement.name, n: cameras.length }))
    await placements.load()
  } catch (cause) {
    toast(sentence(cause))
  }
}

/** What a placement is asked of the needs on screen. */
export function asked(): { k: number; level: string | null } {
  const { k, level } = needs.peek()
  return { k, level }
}
