/** What people change in the organisation: units, shifts, absences, rules, who leads, the calendar, whole tables. */
import { signal } from '@preact/signals'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import { askLong, resultOf, Stopped } from '../../api/jobs'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import type { Job } from '../../api/types'
import { t } from '../../i18n'
import { one, openStaff, refresh, rules, tree, type OneStaff, type Rule, type Unit } from './organisation'

type Schemas = components['schemas']
export type Item = Schemas['CatalogueItemOut']
export type Leads = Schemas['LeadUnitsOut']
export type Calendar = Schemas['CalendarOut']
export type Loaded = { counts: Record<string, number>; rejected: Refused[]; accepted?: number }
export interface Refused {
  line: number
  column: string
  value: string
  reason: string
  remedy: string
}

const match = (revision: number): Record<string, string> => ({ 'If-Match': `"${revision}"` })
const here = (): string => query({ territory: territory.peek()?.id })

/** Sets up a unit; returns its id. */
export async function addUnit(body: { code: string; name: string; kind: string; parent: string | null; area: string | null; valid_from: string | null }): Promise<string> {
  const made = await ask<{ unit: Unit }>('/api/v1/units', { method: 'POST', body: { ...body, territory: territory.peek()?.id } })
  await tree.load()
  return made.unit.id
}

/** Renames, moves or closes a unit. */
export async function changeUnit(unit: Unit, body: Partial<Record<'name' | 'kind' | 'parent' | 'area' | 'valid_from' | 'valid_to', string | null>>): Promise<void> {
  await ask(`/api/v1/units/${unit.id}`, { method: 'PATCH', body, headers: match(unit.revision) })
  await tree.load()
}

/** Adds a member of staff and opens it. */
export async function addStaff(body: Schemas['StaffIn']): Promise<void> {
  const made = await ask<{ staff: OneStaff }>('/api/v1/staff', { method: 'POST', body: { ...body, territory: territory.peek()?.id } })
  openStaff.value = made.staff.id
  await refresh()
}

/** Changes what the roster holds of a member of staff. */
export async function changeStaff(member: OneStaff, body: Schemas['StaffChange']): Promise<void> {
  one.put((await ask<{ staff: OneStaff }>(`/api/v1/staff/${member.id}`, { method: 'PATCH', body, headers: match(member.revision) })).staff)
  await refresh()
}

/** Changes share, office or end of a post; whom it is for and where is another post. */
export async function changePost(post: Schemas['AssignmentOut'], body: Schemas['AssignmentChange']): Promise<void> {
  await ask(`/api/v1/assignments/${post.id}`, { method: 'PATCH', body, headers: match(post.revision) })
  await refresh()
}

export async function addShift(body: object): Promise<number> {
  const made = await ask<{ added: number }>('/api/v1/shifts', { method: 'POST', body })
  await refresh()
  return made.added
}

export async function addAbsence(body: { staff: string; since: string; until: string }): Promise<void> {
  await ask('/api/v1/absences', { method: 'POST', body })
  await refresh()
}

/** Takes back a shift, a pattern with the shifts that it wrote, or an absence. */
export async function takeBack(kind: 'shifts' | 'shift-patterns' | 'absences', id: string): Promise<void> {
  await ask(`/api/v1/${kind}/${id}`, { method: 'DELETE' })
  await refresh()
}

export async function putRule(rule: { code: string; revision: number }, body: Partial<Rule>): Promise<void> {
  await ask(`/api/v1/ratio-rules/${encodeURIComponent(rule.code)}${here()}`, { method: 'PUT', body, headers: match(rule.revision) })
  await Promise.all([rules.load(), refresh()])
}

/** Words that items are looked for by: Chinese, pinyin, initials, synonyms, a code. */
export const itemWords = signal('')
export const items = resource((abort) => ask<Schemas['CatalogueItemsOut']>(`/api/v1/catalogue/items${query({ territory: territory.peek()?.id, q: itemWords.peek() || undefined })}`, { signal: abort }))
export const leads = resource((abort) => ask<Leads>(`/api/v1/catalogue/lead-units${here()}`, { signal: abort }))
export const catalogue = resource((abort) => ask<Schemas['CatalogueOut']>(`/api/v1/catalogue${here()}`, { signal: abort }))
export const calendar = resource((abort) => ask<Calendar>(`/api/v1/calendars${here()}`, { signal: abort }))

export async function setLead(body: { item: string; area: string; unit: string | null }): Promise<void> {
  await ask(`/api/v1/catalogue/lead-units${here()}`, { method: 'PUT', body })
  await leads.load()
}

/** Asks again for items, versions and who leads. */
export const readCatalogue = (): Promise<unknown> => Promise.all([items.load(), leads.load(), catalogue.load()])

/** Puts an item into the next version of the catalogue. */
export async function saveItem(code: string, body: Schemas['CatalogueItemIn']): Promise<void> {
  await ask(`/api/v1/catalogue/items/${encodeURIComponent(code)}${here()}`, { method: 'PUT', body, headers: match(items.data.peek()?.version ?? 0) })
  await readCatalogue()
}

/** Leaves an item out of the next version. */
export async function retireItem(code: string): Promise<void> {
  await ask(`/api/v1/catalogue/items/${encodeURIComponent(code)}${here()}`, { method: 'DELETE', headers: match(items.data.peek()?.version ?? 0) })
  await readCatalogue()
}

/** How many clocks moved, once the job that may be needed has run; null where somebody stopped it. */
async function reckoned(made: { clocks_moved: number; job: string | null }): Promise<number | null> {
  if (!made.job) return made.clocks_moved
  const { job } = await ask<{ job: Job }>(`/api/v1/jobs/${made.job}`)
  try {
    return (await resultOf<{ clocks_moved: number }>(t('org.clocksByJob'), job)).clocks_moved
  } catch (cause) {
    if (cause instanceof Stopped) return null
    throw cause
  }
}

/** Has open cases go by this catalogue; returns how many clocks moved. */
export async function applyLimits(): Promise<number | null> {
  return reckoned(await ask(`/api/v1/catalogue/apply-limits${here()}`, { method: 'POST' }))
}

/** A calendar in the form that it is sent in. */
export function written(of: Calendar): Schemas['CalendarIn'] {
  const years: Record<string, { announced: boolean; off: Record<string, unknown>; work: Record<string, unknown> }> = {}
  const year = (name: string): (typeof years)[string] => (years[name] ??= { announced: false, off: {}, work: {} })
  for (const announced of of.announced ?? []) year(String(announced)).announced = true
  for (const day of of.days) year(day.day.slice(0, 4))[day.works ? 'work' : 'off'][day.day] = day.hours ? { name: day.name, hours: day.hours } : day.name
  return { code: of.code, zone: of.zone, hours: of.hours, week: of.week, name_en: of.name_en, name_zh: of.name_zh, announced_yearly: of.announced !== null, years }
}

/** Puts a calendar in force; returns how many clocks moved. */
export const saveCalendar = (of: Calendar): Promise<number | null> => putCalendar(written(of))

/** The same in the form of a file. */
export async function putCalendar(body: Schemas['CalendarIn']): Promise<number | null> {
  const made = await ask<Schemas['CalendarSaved']>(`/api/v1/calendars${here()}`, { method: 'PUT', body })
  calendar.put(made.calendar)
  return reckoned(made)
}

/** Sends a table; raises what it was refused with, rows and all. */
export async function sendTable(what: string, file: File, how: { dry_run: boolean; skip_rejected: boolean; crs?: string }): Promise<Loaded> {
  const body = new FormData()
  body.append('file', file)
  const place = territory.peek()?.id
  if (place) body.append('territory', place)
  body.append('timezone', Intl.DateTimeFormat().resolvedOptions().timeZone)
  for (const [name, on] of Object.entries(how)) body.append(name, String(on))
  const done = await askLong<Loaded>(t('org.import'), `/api/v1/organisation/import/${what}`, { method: 'POST', body })
  await Promise.all([refresh(), rules.load()])
  return done
}
