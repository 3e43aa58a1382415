/** The form of an action: fields from what it needs and may hold, what lacks, and what is sent. Pure. */

export interface Choice {
  action: string
  needs: readonly string[]
  may: readonly string[]
}

export type FieldKind = 'words' | 'line' | 'unit' | 'units' | 'date' | 'moment' | 'outcome' | 'level' | 'case' | 'score' | 'photos' | 'place'
export interface FormField {
  name: string
  kind: FieldKind
  needed: boolean
  /** Of the photos. */
  stage?: 'before' | 'after' | 'other'
}

const KINDS: Record<string, FieldKind> = {
  reason: 'words', text: 'words', unit: 'unit', units: 'units', departments: 'units', inspector: 'line', worker: 'line',
  outside_body: 'line', review_date: 'date', answer_due: 'moment', outcome: 'outcome', to_level: 'level', master: 'case', score: 'score',
}
const STAGES = { photo_before: 'before', photo_after: 'after', photo: 'other' } as const
export const OUTCOMES = ['confirmed', 'changed', 'not_found'] as const
export const LEVELS = ['micro', 'grid', 'village', 'town', 'county', 'city'] as const

export type Values = Record<string, string | string[]>

/** The fields of an action's form, those that must be filled first. */
export function fieldsOf(choice: Choice): FormField[] {
  const fields: FormField[] = []
  for (const [names, needed] of [[choice.needs, true], [choice.may, false]] as const) {
    for (const name of names) {
      if (fields.some((one) => one.name === name)) continue
      if (name in STAGES) fields.push({ name, kind: 'photos', needed, stage: STAGES[name as keyof typeof STAGES] })
      else if (name === 'lon') fields.push({ name: 'place', kind: 'place', needed })
      else if (KINDS[name]) fields.push({ name, kind: KINDS[name], needed })
    }
  }
  return fields
}

/** Whether an action can be taken at once, without a form. */
export const isBare = (choice: Choice): boolean => choice.needs.length === 0

const isEmpty = (value: string | string[] | undefined): boolean => !value || (typeof value === 'string' ? !value.trim() : value.length === 0)

/** Names of fields that must be filled and are not. */
export function lacks(fields: readonly FormField[], values: Values): string[] {
  return fields.filter(({ name, needed }) => needed && isEmpty(values[name])).map(({ name }) => name)
}

/** What the server is sent. Photos are sent before: `media` are their ids. */
export function bodyOf(fields: readonly FormField[], values: Values, media: readonly string[], place: { lon: number; lat: number } | null): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const { name, kind } of fields) {
    const value = values[name]
    if (kind === 'place') {
      if (!isEmpty(value) && place) Object.assign(body, place)
    } else if (kind === 'photos' || value === undefined || isEmpty(value)) continue
    else if (kind === 'moment') body[name] = new Date(String(value)).toISOString()
    else if (kind === 'score') body[name] = Number(value)
    else body[name] = typeof value === 'string' ? value.trim() : value
  }
  if (media.length) body.media = [...media]
  return body
}

/** Actions that lead a case on, the likeliest first; what is left goes into the menu. */
const FORWARD = [
  'dispatch', 'accept', 'open', 'approve_return', 'approve_suspension', 'approve_extension', 'approve_void', 'sign', 'report_done',
  'send_to_check', 'pass_check', 'close', 'verification_done', 'resume', 'acknowledge_referral', 'self_handle', 'reopen', 'recall',
]
/** What stands beside them. */
const BESIDE: Record<string, string> = {
  accept: 'ask_verification', open: 'joint_call', approve_return: 'refuse_return', approve_suspension: 'refuse_suspension', approve_extension: 'refuse_extension',
  approve_void: 'refuse_void', sign: 'request_return', pass_check: 'fail_check', report_done: 'request_suspension', acknowledge_referral: 'refuse_referral',
}
const GRAVE = new Set(['reject', 'request_void', 'approve_void', 'refer', 'fail_check'])
export const isGrave = (action: string): boolean => GRAVE.has(action)

export interface Offered<T> {
  first: T | null
  second: T | null
  rest: T[]
}

/** A decision on a request stands before everything; else the step that leads on. What was `taken` already leads nowhere. */
export function arranged<T extends Choice>(choices: readonly T[], asked: string | null, taken: string | null = null): Offered<T> {
  const decision = asked ? choices.find(({ action }) => action === `approve_${asked}`) : undefined
  const first = decision ?? FORWARD.flatMap((name) => choices.find(({ action }) => action === name && name !== taken) ?? [])[0] ?? null
  const second = (first && choices.find(({ action }) => action === BESIDE[first.action])) ?? null
  return { first, second, rest: choices.filter((one) => one !== first && one !== second && one.action !== 'register') }
}

interface Standing {
  state: string
  pending: string | null
}
interface Many extends Choice {
  roles: readonly string[]
  states: readonly string[]
  pending?: string
}
const ANY_OPEN = ['REPORTED', 'VERIFYING', 'ACCEPTED', 'OPENED', 'DISPATCHED', 'IN_PROGRESS', 'SUSPENDED', 'RESOLVED', 'CHECKING', 'CHECKED']
/** What can be done to many cases at once; the server decides on each. */
const MANY: Many[] = [
  { action: 'accept', roles: ['intake_officer'], states: ['REPORTED'], needs: [], may: [] },
  { action: 'open', roles: ['shift_leader'], states: ['ACCEPTED'], needs: [], may: [] },
  { action: 'dispatch', roles: ['dispatcher'], states: ['OPENED'], needs: ['unit'], may: ['text'] },
  { action: 'link_duplicate', roles: ['intake_officer', 'dispatcher'], states: ['REPORTED', 'ACCEPTED', 'OPENED'], needs: ['master'], may: [] },
  { action: 'unlink_duplicate', roles: ['intake_officer', 'shift_leader'], states: ['DUPLICATE'], needs: ['reason'], may: [] },
  { action: 'approve_return', roles: ['dispatcher'], states: ['DISPATCHED', 'IN_PROGRESS'], pending: 'return', needs: [], may: [] },
  { action: 'approve_suspension', roles: ['dispatcher', 'shift_leader'], states: ['IN_PROGRESS'], pending: 'suspension', needs: [], may: [] },
  { action: 'approve_extension', roles: ['shift_leader'], states: ['IN_PROGRESS'], pending: 'extension', needs: [], may: [] },
  { action: 'send_to_check', roles: ['intake_officer'], states: ['RESOLVED'], needs: [], may: [] },
  { action: 'close', roles: ['shift_leader'], states: ['CHECKED'], needs: [], may: [] },
  { action: 'resume', roles: ['dispatcher'], states: ['SUSPENDED'], needs: [], may: [] },
  { action: 'reject', roles: ['intake_officer'], states: ['REPORTED'], needs: ['reason'], may: [] },
  { action: 'escalate', roles: ['dispatcher', 'intake_officer'], states: ANY_OPEN, needs: ['reason'], may: [] },
]

/** What may be tried on all of these cases together. */
export function forMany(cases: readonly Standing[], roles: readonly string[]): Choice[] {
  if (cases.length === 0) return []
  return MANY.filter((one) => one.roles.some((role) => roles.includes(role)) && cases.every(({ state, pending }) => one.states.includes(state) && (!one.pending || pending === one.pending)))
}
