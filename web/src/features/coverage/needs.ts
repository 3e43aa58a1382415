/** What is asked of a run: read from the run on screen, changed by one choice at a time. Pure. */
import type { Needs, Run } from './types'
import { STATUSES } from './types'

export const USUAL: Needs = { k: 1, status: 'online', level: null, on: null, month: null, named: [], reason: null }

/** What a finished run was asked. */
export function needsOf(run: Run | null): Needs {
  const spec = (run?.spec ?? {}) as Partial<Record<keyof Needs, unknown>>
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
  return {
    k: spec.k === 2 || spec.k === 3 ? spec.k : 1,
    status: STATUSES.find((one) => one === spec.status) ?? 'online',
    level: text(spec.level),
    on: text(spec.on),
    month: text(spec.month),
    named: Array.isArray(spec.named) ? spec.named.map(String) : [],
    reason: text(spec.reason),
  }
}

/** Other needs with a choice put in: a day and a month exclude each other, a public level names no places. */
export function changed(needs: Needs, choice: Partial<Needs>): Needs {
  const next = { ...needs, ...choice }
  if (choice.on) next.month = null
  if (choice.month) next.on = null
  if (choice.level !== undefined && choice.named === undefined) {
    next.named = []
    next.reason = null
  }
  return next
}

/** Whether a run tells how things stand now, so that a change of a camera makes it old. */
export const tellsOfNow = (run: Run): boolean => {
  const { on, month } = needsOf(run)
  return on === null && month === null
}
export const sameNeeds = (a: Needs, b: Needs): boolean => JSON.stringify(a) === JSON.stringify(b)
