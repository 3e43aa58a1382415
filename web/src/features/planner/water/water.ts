/** What the server says of a water plan, and what the panel makes of it. */
import { planId } from '../../../api/data'
import { ask } from '../../../api/client'
import { resource } from '../../../api/resource'
import type { components } from '../../../api/schema'
import { t } from '../../../i18n'
import { gridNumber } from '../../../i18n/format'

type Schemas = components['schemas']
export type Reach = Schemas['ReachOut']
export type PlanReaches = Schemas['PlanReachesOut']
export type River = Schemas['RiverOut']
export type PlanRivers = Schemas['PlanRiversOut']

export const planReaches = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<PlanReaches>(`/api/v1/plans/${id}/reaches`, { signal: abort }) : null
})
export const planRivers = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<PlanRivers>(`/api/v1/plans/${id}/rivers`, { signal: abort }) : null
})

/** The land grids of a reach in a few words, the largest share first. */
export function landWords(reach: Pick<Reach, 'land_grids'>): string {
  const numbers = reach.land_grids.map((each) => gridNumber(each.code))
  if (numbers.length === 0) return '–'
  if (numbers.length <= 3) return numbers.join(', ')
  return t('water.landGridsMore', { first: numbers.slice(0, 2).join(', '), n: numbers.length - 2 })
}

/** Rivers as a table in a file: one row for each post. */
export function riversCsv(rivers: readonly River[]): string {
  const cell = (value: string | number): string => {
    const text = String(value)
    // A cell that begins like a formula would be run as one.
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const rows = rivers.flatMap((river) =>
    river.posts.map((post) => [
      river.name,
      post.level,
      t(`water.post.${post.post}`),
      post.area.code,
      post.area.name,
      post.area.length_m.toFixed(1),
      post.area.share.toFixed(4),
      post.holders.map((each) => `${each.work_no} ${each.name}`).join(', '),
    ]),
  )
  const head = ['river', 'level', 'post', 'area_code', 'area', 'metres', 'share', 'holders']
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}
