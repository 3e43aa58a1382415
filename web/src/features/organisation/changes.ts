/** What people change in the organisation: units, shifts, absences, rules, who leads, the calendar, whole tables. */
import { signal } from '@preact/signals'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import { askLong } from '../../api/jobs'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import { refresh, rules, tree, type Rule, type Unit } from './organisation'

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
export async function addUnit(body: { code: string; name: string; kind: string; parent: string | null; area: string | null }): Promise<string> {
  const made = await ask<{ unit: Unit }>('/api/v1/units', { method: 'POST', body: { ...body, territory: territory.peek()?.id } })
  await tree.load()
  return made.unit.id
}

/** Renames, moves or closes a unit. */
export async function changeUnit(unit: Unit, body: Partial<Record<'name' | 'kind' | 'parent' | 'area' | 'valid_to', string | null>>): Promise<void> {
  await ask(`/api/v1/units/${unit.id}`, { method: 'PATCH', body, headers: match(unit.revision) })
  await tree.load()
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
export const items = resource(async (abort) => (await ask<{ items: Item[] }>(`/api/v1/catalogue/items${query({ territory: territory.peek()?.id, q: itemWords.peek() || undefined })}`, { signal: abort })).items)
export const leads = resource((abort) => ask<Leads>(`/api/v1/catalogue/lead-units${here()}`, { signal: abort }))
export const catalogue = resource((abort) => ask<Schemas['CatalogueOut']>(`/api/v1/catalogue${here()}`, { signal: abort }))
export const calendar = resource((abort) => ask<Calendar>(`/api/v1/calendars${here()}`, { signal: abort }))

export async function setLead(body: { item: string; area: string; unit: string | null }): Promise<void> {
  await ask(`/api/v1/catalogue/lead-units${here()}`, { method: 'PUT', body })
  await leads.load()
}

/** Has open cases go by this catalogue; returns how many clocks moved, null where a job still reckons them. */
export async function applyLimits(): Promise<number | null> {
  const made = await ask<{ clocks_moved: number; job: string | null }>(`/api/v1/catalogue/apply-limits${here()}`, { method: 'POST' })
  return made.job ? null : made.clocks_moved
}

/** A calendar in the form that it is sent in. */
export function written(of: Calendar): Schemas['CalendarIn'] {
  const years: Record<string, { announced: boolean; off: Record<string, unknown>; work: Record<string, unknown> }> = {}
  const year = (name: string): (typeof years)[string] => (years[name] ??= { announced: false, off: {}, work: {} })
  for (const announced of of.announced ?? []) year(String(announced)).announced = true
  for (const day of of.days) year(day.day.slice(0, 4))[day.works ? 'work' : 'off'][day.day] = day.hours ? { name: day.name, hours: day.hours } : day.name
  return { code: of.code, zone: of.zone, hours: of.hours, week: of.week, name_en: of.name_en, name_zh: of.name_zh, announced_yearly: of.announced !== null, years }
}

/** Puts a calendar in force; returns how many clocks moved, null where a job still reckons them. */
export async function saveCalendar(of: Calendar): Promise<number | null> {
  const made = await ask<Schemas['CalendarSaved']>(`/api/v1/calendars${here()}`, { method: 'PUT', body: written(of) })
  calendar.put(made.calendar)
  return made.job ? null : made.clocks_moved
}

/** Sends a table; raises what it was refused with, rows and all. */
export async function sendTable(what: string, file: File, how: { dry_run: boolean; skip_rejected: boolean }): Promise<Loaded> {
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
