/** Cameras that could go, or look elsewhere, without a loss. */
import { computed } from '@preact/signals'
import { ask, query } from '../../../api/client'
import { planId } from '../../../api/data'
import { resource } from '../../../api/resource'
import { report } from '../desk'
import { tab } from '../tabs'
import type { Redundant } from '../types'

export const redundant = resource(async (abort) => {
  const plan = report.peek()?.run.plan_id ?? planId.peek()
  return plan ? ask<Redundant>(`/api/v1/coverage/redundant${query({ plan, limit: 50 })}`, { signal: abort }) : null
})

/** Their places, marked on the map while the list is on screen. */
export const redundantMarks = computed(() => {
  const found = tab.value === 'proposals' ? redundant.data.value : null
  return found ? [...found.removable, ...found.turnable].map(({ id, lon, lat }) => ({ id, lon, lat })) : []
})
