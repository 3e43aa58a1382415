/** Facilities and staff posts: their figures, and the streets from which one is reached on foot. */
import { computed } from '@preact/signals'
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import { ask, query } from '../../../api/client'
import { planId } from '../../../api/data'
import { resource } from '../../../api/resource'
import type { components } from '../../../api/schema'
import { store } from '../../../map/store'
import { report } from '../desk'
import { tab } from '../tabs'
import type { Facilities } from '../types'
import { readWalk, writeWalk, type Walk } from './walk'

type Reach = components['schemas']['WalkReachOut']

export const walk = computed(() => readWalk(store.walk.value))
/** Asks for something else; another list begins with all of its kinds. */
export function setWalk(parts: Partial<Walk>): void {
  const next = { ...walk.peek(), ...parts }
  store.walk.value = writeWalk(parts.of ? { ...next, kind: null } : next)
}

const plan = (): string | null => report.peek()?.run.plan_id ?? planId.peek()

export const found = resource(async (abort) => {
  const { of, minutes } = walk.peek()
  return plan() ? ask<Facilities>(`/api/v1/coverage/facilities${query({ plan: plan(), of, minutes })}`, { signal: abort }) : null
})
export const reach = resource(async (abort) => {
  const { of, minutes, kind } = walk.peek()
  return plan() ? ask<Reach>(`/api/v1/coverage/facilities/reach${query({ plan: plan(), of, minutes, kind })}`, { signal: abort }) : null
})

/** The figures of all kinds together: those of the area that holds the others. */
export const whole = computed(() => found.data.value?.areas.find((one) => one.parent_id === null) ?? null)
/** The map shows reach on foot and not what cameras see. */
export const onFoot = computed(() => tab.value === 'posts')

/** Streets in reach, and where the facilities or posts are. */
export const reachShape = computed<FeatureCollection>(() => {
  const told = onFoot.value ? reach.data.value : null
  if (!told) return { type: 'FeatureCollection', features: [] }
  const streets: Feature = { type: 'Feature', properties: { role: 'street' }, geometry: told.geometry as unknown as Geometry }
  const posts = told.posts.map(
    (one): Feature => ({ type: 'Feature', properties: { role: 'post', name: one.name }, geometry: { type: 'Point', coordinates: [one.lon as number, one.lat as number] } }),
  )
  return { type: 'FeatureCollection', features: [streets, ...posts] }
})
