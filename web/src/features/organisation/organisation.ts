/** The organisation: what the server says of areas, units, staff, vacancies and proposals, and the steps that change them. */
import { computed, effect, signal } from '@preact/signals'
import type { FeatureCollection } from 'geojson'
import { ask, query } from '../../api/client'
import { planId, territory } from '../../api/data'
import { onLayer, onNews } from '../../api/events'
import { askLong } from '../../api/jobs'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import { lang, t } from '../../i18n'
import { store } from '../../map/store'
import { person } from '../planner/life/life'

type Schemas = components['schemas']
export type Organisation = Schemas['OrganisationOut']
export type Area = Schemas['AreaNode']
export type Unit = Schemas['UnitOut']
export type Staff = Schemas['StaffOut']
export type OneStaff = Schemas['OneStaffOut']
export type Vacancies = Schemas['VacanciesOut']
export type Vacancy = Schemas['VacancyOut']
export type Staffing = Schemas['StaffingOut']
export type Rule = Schemas['RatioRuleOut']
export type Role = Schemas['RoleOut']

const match = (revision: number): Record<string, string> => ({ 'If-Match': `"${revision}"` })
const here = (): { territory: string | undefined } => ({ territory: territory.peek()?.id })

export const tree = resource((abort) => ask<Organisation>(`/api/v1/organisation${query({ ...here(), at: store.at.peek() })}`, { signal: abort }))
export const vacancies = resource((abort) => ask<Vacancies>(`/api/v1/vacancies${query({ ...here(), at: store.at.peek() })}`, { signal: abort }))
export const vacantShapes = resource((abort) => ask<FeatureCollection>(`/api/v1/vacancies.geojson${query({ ...here(), at: store.at.peek() })}`, { signal: abort }))
export const rules = resource(async (abort) => (await ask<{ rules: Rule[] }>(`/api/v1/ratio-rules${query(here())}`, { signal: abort })).rules)
export const roles = resource(async (abort) => (await ask<{ roles: Role[] }>('/api/v1/roles', { signal: abort })).roles)

/** What is looked for among the staff, and the one who is opened. */
export const words = signal('')
export const openStaff = signal<string | null>(null)
/** The grid that a post is to be given for, from the list of vacancies. */
export const wanted = signal<{ role: string; grid: string } | null>(null)

export const area = computed(() => tree.data.value?.areas.find((one) => one.code === store.area.value) ?? null)
export const staff = resource((abort) =>
  ask<{ staff: Staff[]; next: string | null }>(`/api/v1/staff${query({ ...here(), area: area.peek()?.id, q: words.peek() })}`, { signal: abort }),
)
export const one = resource(async (abort) => {
  const id = openStaff.peek()
  return id ? (await ask<{ staff: OneStaff }>(`/api/v1/staff/${id}`, { signal: abort })).staff : null
})

export const mayStaff = computed(() => ['planner', 'shift_leader'].some((role) => person.value.roles.includes(role)))
/** Whose word the work calendar is, as the server has it. */
export const mayCalendar = computed(() => ['system_administrator', 'shift_leader'].some((role) => person.value.roles.includes(role)))
export const roleName = (code: string): string => {
  const known = roles.data.value?.find((role) => role.code === code)
  return known ? (lang.value === 'zh' ? known.name_zh : known.name_en) : code
}
export const ruleName = (code: string): string => {
  const known = rules.data.value?.find((rule) => rule.code === code)
  return known ? (lang.value === 'zh' ? known.title_zh : known.title_en) : code
}

/** Vacancies of the area that is chosen, those of its villages included. */
export const shown = computed<Vacancy[]>(() => {
  const all = vacancies.data.value?.vacancies ?? []
  const chosen = area.value
  if (!chosen) return all
  const below = new Set([chosen.id])
  for (const each of tree.data.value?.areas ?? []) if (each.parent_id && below.has(each.parent_id)) below.add(each.id)
  const codes = (tree.data.value?.areas ?? []).filter((each) => below.has(each.id)).map((each) => each.code)
  return all.filter((each) => (each.area_id ? below.has(each.area_id) : codes.some((code) => each.code.startsWith(code))))
})

/** Shows the page of more staff after the last one. */
export async function more(): Promise<void> {
  const now = staff.data.peek()
  if (!now?.next) return
  const next = await ask<{ staff: Staff[]; next: string | null }>(`/api/v1/staff${query({ ...here(), area: area.peek()?.id, q: words.peek(), after: now.next })}`)
  staff.put({ staff: [...now.staff, ...next.staff], next: next.next })
}

/** Asks again for everything that a change may have moved. */
export async function refresh(): Promise<void> {
  await Promise.all([tree.load(), vacancies.load(), vacantShapes.load(), staff.load(), one.load()])
}

export interface Giving {
  staff: string
  role: string
  grid: string | null
  area: string | null
  share: number
  ex_officio: boolean
  since: string | null
  until: string | null
  replace: boolean
}

/** Gives a post; raises what the server refuses it with. */
export async function give(asked: Giving): Promise<void> {
  await ask('/api/v1/assignments', { method: 'POST', body: asked })
  await refresh()
}

/** Ends a post now. */
export async function end(post: Schemas['AssignmentOut']): Promise<void> {
  await ask(`/api/v1/assignments/${post.id}`, { method: 'DELETE', headers: match(post.revision) })
  await refresh()
}

export const proposal = signal<Staffing | null>(null)

/** Works out who would hold which post, with some rules put differently. */
export async function propose(most: Record<string, number>): Promise<void> {
  const plan = planId.peek()
  if (!plan) return
  const changes = Object.fromEntries(Object.entries(most).map(([code, count]) => [code, { max_posts: count }]))
  const made = await askLong<{ staffing_id: string }>(t('org.proposing'), '/api/v1/staffing', { method: 'POST', body: { plan, rules: changes } })
  proposal.value = (await ask<{ staffing: Staffing }>(`/api/v1/staffing/${made.staffing_id}`)).staffing
}

/** Puts the proposal in force. */
export async function apply(): Promise<void> {
  const made = proposal.peek()
  if (!made) return
  const answer = await ask<{ staffing: Staffing }>(`/api/v1/staffing/${made.id}/apply`, { method: 'POST', headers: match(made.revision) })
  proposal.value = answer.staffing
  await refresh()
}

/** Follows territory, date and area while the desk is open; returns how to stop. */
export function startOrganisation(): () => void {
  const stops = [
    effect(() => {
      void territory.value?.id
      void store.at.value
      if (territory.value) void Promise.all([tree.load(), vacancies.load(), vacantShapes.load(), rules.load(), roles.load()])
    }),
    effect(() => {
      void area.value?.id
      void words.value
      if (territory.value) void staff.load()
    }),
    effect(() => {
      void openStaff.value
      void one.load()
    }),
    onLayer((event) => void (event.layer === 'grids' && refresh())),
    onNews(({ kind }) => void (kind === 'organisation' && Promise.all([refresh(), rules.load()]))),
  ]
  return () => {
    stops.forEach((stop) => stop())
    openStaff.value = null
    proposal.value = null
    wanted.value = null
  }
}
