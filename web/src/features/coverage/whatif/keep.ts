/** Keeping proposed cameras as a proposal of the plan. */
import { batch } from '@preact/signals'
import { ask, query } from '../../../api/client'
import { planId } from '../../../api/data'
import { resource } from '../../../api/resource'
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
      : await ask<{ placement: Placement }>('/api/v1/coverage/placements', {
          method: 'POST',
          body: { plan: report.peek()?.run.plan_id ?? planId.peek(), name: name ?? t('whatif.usualName', { day: day(new Date()) }), needs: asked(), cameras },
        })
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
