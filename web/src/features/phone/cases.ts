/** Cases of whoever holds the phone: from the server, else as they were seen last. */
import { signal } from '@preact/signals'
import { ask, NoAnswer, query } from '../../api/client'
import type { components } from '../../api/schema'
import type { Incident } from '../../api/types'
import { keep, kept } from './queue/store'
import { account } from './who'

type Schemas = components['schemas']
/** A whole case, as this account sees it. */
export type CaseAnswer = Schemas['CaseOut']
/** What this account may do with it now. */
export type Choice = Schemas['ActionOut']
export type Task = Schemas['TaskOut']
export type Medium = Schemas['MediaOut']

/** What is done on the spot; the rest belongs to the desks. */
const ON_THE_SPOT = new Set([
  'self_handle', 'sign', 'report_done', 'verification_done', 'pass_check', 'fail_check', 'fail_check_self_handled', 'resume',
  'request_return', 'request_extension', 'request_suspension', 'escalate', 'reopen',
])
/** What the step that goes on is, of all: it is the button at the foot. */
const FORWARD = ['sign', 'report_done', 'verification_done', 'pass_check', 'self_handle', 'resume']

/** The actions of a case that the phone offers, the one that goes on first. */
export function offered(choices: readonly Choice[]): Choice[] {
  const rank = (one: Choice): number => (FORWARD.includes(one.action) ? FORWARD.indexOf(one.action) : FORWARD.length)
  return choices.filter((one) => ON_THE_SPOT.has(one.action)).sort((a, b) => rank(a) - rank(b))
}
export const isForward = (action: string): boolean => FORWARD.includes(action)

export const FILTERS = ['mine', 'late', 'place'] as const
export type Filter = (typeof FILTERS)[number]

/** What is on screen: a list, when it was fetched, and whether it is only remembered. */
export interface Listed {
  cases: Incident[]
  at: number
  remembered: boolean
}
export const listed = signal<Listed | null>(null)
export const listFailure = signal<unknown>(null)
export const filter = signal<Filter>('mine')
/** Whose cases "here" are: the grid of a plate that was scanned. */
export const here = signal<{ grid: string; words: string } | null>(null)

const MOST = 100
const listKey = (which: Filter): string => `cases ${account.value?.id ?? ''} ${which}`

function pathOf(which: Filter): string {
  if (which === 'place') return `/api/v1/incidents${query({ grid: here.value?.grid ?? '', limit: MOST, sort: 'due' })}`
  return `/api/v1/incidents${query({ mine: 'true', clock: which === 'late' ? 'late' : null, limit: MOST, sort: 'due' })}`
}

/** Fetches the list; without an answer shows it as it was seen last. */
export async function loadCases(): Promise<void> {
  const which = filter.value
  try {
    const { incidents } = await ask<{ incidents: Incident[] }>(pathOf(which))
    if (which !== filter.value) return
    listed.value = { cases: incidents, at: Date.now(), remembered: false }
    listFailure.value = null
    await keep('kept', listKey(which), listed.value).catch(() => undefined)
  } catch (cause) {
    if (which !== filter.value) return
    const before = cause instanceof NoAnswer ? await kept<Listed>('kept', listKey(which)).catch(() => null) : null
    if (before) listed.value = { ...before, remembered: true }
    listFailure.value = before ? null : cause
  }
}

export interface Opened {
  answer: CaseAnswer
  at: number
  remembered: boolean
}

/** Fetches one case; without an answer as it was seen last. */
export async function loadCase(no: string): Promise<Opened> {
  const key = `case ${account.value?.id ?? ''} ${no}`
  try {
    const answer = await ask<CaseAnswer>(`/api/v1/incidents/${encodeURIComponent(no)}`)
    const opened = { answer, at: Date.now(), remembered: false }
    await keep('kept', key, opened).catch(() => undefined)
    return opened
  } catch (cause) {
    const before = cause instanceof NoAnswer ? await kept<Opened>('kept', key).catch(() => null) : null
    if (!before) throw cause
    return { ...before, remembered: true }
  }
}
