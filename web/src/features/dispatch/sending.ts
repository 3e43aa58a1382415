/** Sending what is decided: one action at once, a dispatch after three seconds to think, one action on many. */
import { signal } from '@preact/signals'
import { ask, Problem } from '../../api/client'
import type { CaseFull, DeskAnswer, Incident, ManyResult } from '../../api/types'
import { t, type Key } from '../../i18n'
import { sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { caseIs, marked, openCase, reload } from './desk'
import { shortNo } from './words'

export const actionName = (action: string): string => t(`action.${action}` as Key)
/** Why the last action was refused; shown in the card it belongs to. */
export const refusal = signal<{ no: string; error: unknown } | null>(null)
/** A fresh link for whoever reported, to be handed over; shown once. */
export const handedLink = signal<{ no: string; address: string } | null>(null)

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
export interface Underway {
  no: string
  revision: number
  unit: Unit
  key: string
}
/** A dispatch that can still be taken back. */
export const underway = signal<Underway | null>(null)
export const THINK_MS = 3_000
let timer: ReturnType<typeof setTimeout> | undefined

/** Sends a case to a unit, after three seconds in which it can be undone. */
export function dispatchTo(answer: DeskAnswer, unit: Unit): void {
  sendNow()
  const { no, revision } = answer.case.incident
  underway.value = { no, revision, unit, key: crypto.randomUUID() }
  resumeThinking()
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
  if (was) toast(t('dispatch.undone', { no: shortNo(was.no) }))
  return was !== null
}

/** Sends what waits for second thoughts at once. */
export function sendNow(): void {
  clearTimeout(timer)
  const mine = underway.peek()
  if (!mine) return
  underway.value = null
  void act(mine, 'dispatch', { unit: mine.unit.code }, mine.key).then((taken) => {
    if (!taken && refusal.peek()) toast(t('dispatch.notSent', { no: shortNo(mine.no), why: sentence(refusal.peek()?.error) }))
  })
}

/** The page goes: what waits is sent by a request that outlives it. */
export function sendWhileLeaving(): void {
  const mine = underway.peek()
  if (!mine) return
  clearTimeout(timer)
  underway.value = null
  void fetch(pathOf(mine.no, 'dispatch'), {
    method: 'POST',
    keepalive: true,
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'If-Match': `"${mine.revision}"`, 'Idempotency-Key': mine.key },
    body: JSON.stringify({ unit: mine.unit.code }),
  })
}

/** What became of each case of the last action on many. */
export const manyResults = signal<{ action: string; results: ManyResult[] } | null>(null)

/** Takes one action on many cases; what succeeded loses its mark. */
export async function actOnMany(rows: readonly Pick<Incident, 'no' | 'revision'>[], action: string, body: Record<string, unknown>): Promise<void> {
  const incidents = rows.map(({ no, revision }) => ({ no, revision }))
  const { results } = await ask<{ results: ManyResult[] }>('/api/v1/incidents/actions', { method: 'POST', body: { ...body, action, incidents } })
  manyResults.value = { action, results }
  marked.value = new Set(results.filter((one) => !one.done).map(({ no }) => no))
  await reload()
}
