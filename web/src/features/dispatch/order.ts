/** In which order cases stand, and how the list stays still under the hand. Pure. */

interface Urgent {
  no: string
  severity: string
  due_at: string | null
  reported_at: string
}

/** Critical first, then what is due first, then the newest. */
export function byUrgency(a: Urgent, b: Urgent): number {
  const critical = Number(b.severity === 'critical') - Number(a.severity === 'critical')
  if (critical) return critical
  if (a.due_at !== b.due_at) {
    if (a.due_at === null) return 1
    if (b.due_at === null) return -1
    return Date.parse(a.due_at) - Date.parse(b.due_at)
  }
  return b.reported_at.localeCompare(a.reported_at) || b.no.localeCompare(a.no)
}

export interface Held {
  /** Numbers in the order on screen. */
  order: string[]
  /** New numbers that wait to be let in. */
  waiting: string[]
}

/**
 * The order on screen after an answer. While somebody stands at a row nothing above it comes or goes, so that it stays
 * where it is; below it only what is gone goes, and what is new waits.
 */
export function hold(before: readonly string[] | null, fresh: readonly string[], at: string | null): Held {
  const place = before && at !== null ? before.indexOf(at) : -1
  if (!before || place < 0) return { order: [...fresh], waiting: [] }
  const here = new Set(fresh)
  const known = new Set(before)
  return {
    order: [...before.slice(0, place + 1), ...before.slice(place + 1).filter((no) => here.has(no))],
    waiting: fresh.filter((no) => !known.has(no)),
  }
}

/** The order with further rows after the last one, but before a group that ends the list. */
export function extended(before: readonly string[], more: readonly string[], last: readonly string[]): string[] {
  const ends = new Set(last)
  const split = before.findIndex((_no, at) => before.slice(at).every((no) => ends.has(no)))
  return split < 0 ? [...before, ...more] : [...before.slice(0, split), ...more, ...before.slice(split)]
}

/** The neighbour of a row; the first where there is none. */
export function neighbour(order: readonly string[], at: string | null, by: number): string | null {
  const place = at === null ? -1 : order.indexOf(at)
  if (place < 0) return (by > 0 ? order[0] : order.at(-1)) ?? null
  return order[Math.min(Math.max(place + by, 0), order.length - 1)] ?? null
}

interface Step {
  to_state: string
  from_state: string | null
  at: string
}

/** How long a case was linked to another one, in milliseconds: time that no clock of its own holds. */
export function asDuplicateMs(steps: readonly Step[], now: Date): number {
  let since: number | null = null
  let sum = 0
  for (const { from_state, to_state, at } of steps) {
    if (to_state === 'DUPLICATE' && from_state !== 'DUPLICATE') since = Date.parse(at)
    else if (since !== null && from_state === 'DUPLICATE' && to_state !== 'DUPLICATE') {
      sum += Date.parse(at) - since
      since = null
    }
  }
  return since === null ? sum : sum + Math.max(0, now.getTime() - since)
}

interface Alarming extends Urgent {
  late: boolean
}

/** Which rows have become critical or late since the last look: said once. */
export function alarms(known: ReadonlySet<string> | null, rows: readonly Alarming[]): { critical: string[]; late: string[]; known: Set<string> } {
  const next = new Set<string>()
  const critical: string[] = []
  const late: string[] = []
  for (const row of rows) {
    const marks = [row.severity === 'critical' ? `c ${row.no}` : '', row.late ? `l ${row.no}` : ''].filter(Boolean)
    for (const mark of marks) {
      next.add(mark)
      if (known && !known.has(mark)) (mark.startsWith('c') ? critical : late).push(row.no)
    }
  }
  return { critical, late, known: new Set([...(known ?? []), ...next]) }
}

/** The step by which whom a case was referred to acknowledged it; null where that is still to come. */
export function acknowledged<T extends { action: string }>(steps: readonly T[]): T | null {
  const last = [...steps].reverse().find(({ action }) => action === 'refer' || action === 'acknowledge_referral' || action === 'refuse_referral')
  return last?.action === 'acknowledge_referral' ? last : null
}
