/** Sending what is decided: one action at once, a dispatch after three seconds to think, one action on many. */
import { signal } from '@preact/signals'
import { ask, Problem } from '../../api/client'
import type { CaseFull, DeskAnswer, Incident, ManyResult } from '../../api/types'
import { t, type Key } from '../../i18n'
import { number } from '../../i18n/format'
import { catchFocus } from '../../ui/focus'
import { sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { caseIs, marked, openCase, reload } from './desk'
import { shortNo } from './words'

export const actionName = (action: string): string => t(`action.${action}` as Key)
/** Why the last action was refused; shown in the card it belongs to. */
export const refusal = signal<{ no: string; error: unknown } | null>(null)
/** A fresh link for whoever reported, to be handed over; shown once. */
export const handedLink = signal<{ no: string; address: string } | null>(null)

const MANY_PATH = '/api/v1/incidents/actions'
/** Where the focus goes when the bar of marked cases has lost the button that had it. */
export const AFTER_MANY = ['.bulk .row .button, .bulk .button', '.queue [tabindex="0"], tr[tabindex="0"]'] as const
const pathOf = (no: string, action: string): string => `/api/v1/incidents/${encodeURIComponent(no)}/actions/${action}`

function done(next: CaseFull): void {
  caseIs(next)
  refusal.value = null
  if (next.follow) handedLink.value = { no: next.incident.no, address: `${location.origin}${location.pathname}#/follow/${next.follow}` }
  void reload()
}

async function refused(no: string, error: unknown): Promise<void> {
  refusal.value = { no, error }
  // somebody else was quicker: show how it stands now
  if (error instanceof Problem && [409, 412].includes(error.status)) await openCase(no)
}

/** Takes an action; true when the server took it. */
export async function act(one: Pick<Incident, 'no' | 'revision'>, action: string, body: Record<string, unknown>, key: string = crypto.randomUUID()): Promise<boolean> {
  try {
    const headers = { 'If-Match': `"${one.revision}"`, 'Idempotency-Key': key }
    done(await ask<CaseFull>(pathOf(one.no, action), { method: 'POST', body, headers }))
    toast(t('dispatch.did', { action: actionName(action), no: shortNo(one.no) }))
    return true
  } catch (error) {
    await refused(one.no, error)
    return false
  }
}

/** Moves a task of a case on. */
export async function actOnTask(one: Pick<Incident, 'no' | 'revision'>, task: string, action: string, body: Record<string, unknown>): Promise<boolean> {
  try {
    const path = `/api/v1/incidents/${encodeURIComponent(one.no)}/tasks/${task}/${action}`
    const headers = { 'If-Match': `"${one.revision}"`, 'Idempotency-Key': crypto.randomUUID() }
    done(await ask<CaseFull>(path, { method: 'POST', body, headers }))
    return true
  } catch (error) {
    await refused(one.no, error)
    return false
  }
}

export interface Unit {
  id: string
  code: string
  name: string
}
type Named = Pick<Incident, 'no' | 'revision'>
/** Cases that go to one unit. */
export interface Order {
  unit: Unit
  cases: Named[]
}
export interface Underway {
  orders: readonly [Order, ...Order[]]
  /** Marked cases together, with those for which no unit leads; null for the case in the card. */
  many: { leaderless: readonly string[] } | null
  key: string
}
/** A dispatch that can still be taken back. */
export const underway = signal<Underway | null>(null)
export const THINK_MS = 3_000
let timer: ReturnType<typeof setTimeout> | undefined

export const isUnderway = (no: string): boolean => underway.value?.orders.some(({ cases }) => cases.some((one) => one.no === no)) ?? false
export const countOf = ({ orders }: Pick<Underway, 'orders'>): number => orders.reduce((sum, { cases }) => sum + cases.length, 0)
const firstOf = ({ orders }: Underway): Named | undefined => orders[0].cases[0]

function think(of: Underway): void {
  sendNow()
  underway.value = of
  resumeThinking()
}

/** Sends a case to a unit, after three seconds in which it can be undone. */
export function dispatchTo(answer: DeskAnswer, unit: Unit): void {
  const { no, revision } = answer.case.incident
  if (!isUnderway(no)) think({ orders: [{ unit, cases: [{ no, revision }] }], many: null, key: crypto.randomUUID() })
}

/** Sends marked cases each to a unit, after the same three seconds. */
export function dispatchMany(orders: readonly Order[], leaderless: readonly string[]): void {
  const [first, ...rest] = orders
  if (first && !orders.some(({ cases }) => cases.some(({ no }) => isUnderway(no)))) think({ orders: [first, ...rest], many: { leaderless }, key: crypto.randomUUID() })
}

/** The clock of the toast goes on. */
export function resumeThinking(): void {
  clearTimeout(timer)
  if (underway.peek()) timer = setTimeout(sendNow, THINK_MS)
}
/** While the hand or the focus is on the toast it waits. */
export const holdThinking = (): void => clearTimeout(timer)

/** Takes the dispatch back; false where there is none. */
export function undo(): boolean {
  clearTimeout(timer)
  const was = underway.peek()
  underway.value = null
  if (was?.many) toast(t('dispatch.undoneMany', { n: number(countOf(was)) }))
  else if (was) toast(t('dispatch.undone', { no: shortNo(firstOf(was)?.no ?? '') }))
  return was !== null
}

/** Sends what waits for second thoughts at once. */
export function sendNow(): void {
  clearTimeout(timer)
  const mine = underway.peek()
  if (!mine) return
  underway.value = null
  const one = firstOf(mine)
  if (mine.many) void sendOrders(mine.orders, mine.many.leaderless)
  else if (one) void sendOne(one, mine.orders[0].unit, mine.key)
}

async function sendOne(one: Named, unit: Unit, key: string): Promise<void> {
  const taken = await act(one, 'dispatch', { unit: unit.code }, key)
  if (!taken && refusal.peek()) toast(t('dispatch.notSent', { no: shortNo(one.no), why: sentence(refusal.peek()?.error) }))
}

/** The page goes: what waits is sent by a request that outlives it. */
export function sendWhileLeaving(): void {
  const mine = underway.peek()
  if (!mine) return
  clearTimeout(timer)
  underway.value = null
  const one = firstOf(mine)
  const post = (path: string, headers: Record<string, string>, body: unknown): void =>
    void fetch(path, { method: 'POST', keepalive: true, credentials: 'same-origin', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) })
  if (mine.many) for (const { unit, cases } of mine.orders) post(MANY_PATH, {}, { action: 'dispatch', unit: unit.code, incidents: cases })
  else if (one) post(pathOf(one.no, 'dispatch'), { 'If-Match': `"${one.revision}"`, 'Idempotency-Key': mine.key }, { unit: mine.orders[0].unit.code })
}

/** What became of each case of the last action on many. */
export const manyResults = signal<{ action: string; results: ManyResult[] } | null>(null)

const askMany = async (rows: readonly Named[], action: string, body: Record<string, unknown>): Promise<ManyResult[]> =>
  (await ask<{ results: ManyResult[] }>(MANY_PATH, { method: 'POST', body: { ...body, action, incidents: rows.map(({ no, revision }) => ({ no, revision })) } })).results

/** Takes one action on many cases; what succeeded loses its mark. */
export async function actOnMany(rows: readonly Named[], action: string, body: Record<string, unknown>): Promise<void> {
  const results = await askMany(rows, action, body)
  manyResults.value = { action, results }
  marked.value = new Set(results.filter((one) => !one.done).map(({ no }) => no))
  await reload()
}

const notDone = (no: string, error: unknown): ManyResult => ({ no, done: false, state: null, revision: null, problem: error instanceof Problem ? { ...error.body } : { title: sentence(error) } })

/** One request for each unit; what one of them meets keeps none of the others. */
async function sendOrders(orders: readonly Order[], leaderless: readonly string[]): Promise<void> {
  const results: ManyResult[] = []
  for (const { unit, cases } of orders) {
    try {
      results.push(...(await askMany(cases, 'dispatch', { unit: unit.code })))
    } catch (error) {
      results.push(...cases.map(({ no }) => notDone(no, error)))
    }
  }
  results.push(...leaderless.map((no) => notDone(no, new Error(t('dispatch.leaderless')))))
  manyResults.value = { action: 'dispatch', results }
  const sent = new Set(results.filter((one) => one.done).map(({ no }) => no))
  // others may have been marked meanwhile
  marked.value = new Set([...marked.peek()].filter((no) => !sent.has(no)))
  catchFocus(...AFTER_MANY)
  await reload()
}
