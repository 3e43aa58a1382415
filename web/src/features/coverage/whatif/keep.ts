/** Keeping proposed cameras as a proposal of the plan. */
import { batch } from '@preact/signals'
import { ask, call, query } from '../../../api/client'
import { planId } from '../../../api/data'
import { follow } from '../../../api/jobs'
import { resource } from '../../../api/resource'
import type { Job } from '../../../api/types'
import { t } from '../../../i18n'
import { day } from '../../../i18n/format'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { needs, report } from '../desk'
import type { CameraIdea, Placement } from '../types'
import { ideas, opened, unsaved } from './state'

/** Proposals of the plan on screen, newest first, without their cameras. */
export const placements = resource(async (abort) => {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  return plan ? (await ask<{ placements: Placement[] }>(`/api/v1/coverage/placements${query({ plan })}`, { signal: abort })).placements : null
})

const plain = ({ lon, lat, azimuth, hfov, max_range, sensor_px, ptz, dome }: CameraIdea) => ({ lon, lat, azimuth, hfov, max_range, sensor_px, ptz, dome })

/** Begins a proposal without a search, and puts cameras into it. */
async function begin(name: string, cameras: ReturnType<typeof plain>[]): Promise<{ placement: Placement }> {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  const body = { plan, name, needs: asked(), budget: 0, places: ['pole'], headings: 1, per_place: 1, most_places: 1, refine: false }
  const { data } = await call<{ job?: Job; placement?: Placement }>('/api/v1/coverage/placements', { method: 'POST', body })
  const job = data.job && (await follow(t('whatif.keeping'), data.job))
  const id = data.placement?.id ?? (job?.result as { placement_id?: string } | null)?.placement_id
  if (!id) throw new Error(t('job.stopped'))
  const { placement } = await ask<{ placement: Placement }>(`/api/v1/coverage/placements/${id}`)
  return ask<{ placement: Placement }>(`/api/v1/coverage/placements/${id}`, {
    method: 'PATCH',
    headers: { 'If-Match': `"${placement.revision}"` },
    body: { name, cameras },
  })
}

/** Saves the cameras on the map: into the proposal that is open, else as a new one. */
export async function keep(name?: string): Promise<void> {
  const cameras = ideas.peek().filter((one) => one.id === null).map(plain)
  if (cameras.length === 0) {
    toast(t('whatif.nothingToKeep'))
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
      : await begin(name ?? t('whatif.usualName', { day: day(new Date()) }), cameras)
    batch(() => {
      opened.value = { id: placement.id, name: placement.name, revision: placement.revision }
      unsaved.value = false
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
