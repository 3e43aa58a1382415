/** Which cases the desk shows: from the address, to the question that the server is asked. Pure. */

export const TABS = ['todo', 'requests', 'late', 'open', 'closed'] as const
export type Tab = (typeof TABS)[number]
export const TIMES = ['all', 'today', 'week', 'month'] as const
export type Time = (typeof TIMES)[number]
export const CLOCKS = ['late', 'soon', 'paused'] as const
export type ClockFilter = (typeof CLOCKS)[number]

export interface Filters {
  tab: Tab
  state: string | null
  time: Time
  clock: ClockFilter | null
  item: string
  q: string
  /** West, south, east, north: only what lies there. */
  box: string | null
}

export const OPEN_STATES = [
  'REPORTED', 'VERIFYING', 'ACCEPTED', 'OPENED', 'DISPATCHED', 'IN_PROGRESS', 'SUSPENDED', 'RESOLVED', 'CHECKING', 'CHECKED',
] as const
export const CLOSED_STATES = ['CLOSED', 'REJECTED', 'DUPLICATE', 'REFERRED', 'VOIDED'] as const
/** States to choose from: the archive is listed when it is asked for. */
export const ALL_STATES = [...OPEN_STATES, ...CLOSED_STATES, 'ARCHIVED'] as const
export const isShut = (state: string): boolean => !(OPEN_STATES as readonly string[]).includes(state)

/** Who decides which request. */
const DECIDERS: Record<string, readonly string[]> = { return: ['dispatcher'], suspension: ['dispatcher', 'shift_leader'], extension: ['shift_leader'], void: ['shift_leader'] }
/** Duties that cases wait for. */
const DUTIES = ['intake_officer', 'inspector', 'shift_leader', 'dispatcher', 'handling_unit', 'street_office', 'supervisor']

/** Whether cases can wait for somebody of these roles; whoever only looks on has nothing to do here. */
export const hasDuty = (roles: readonly string[]): boolean => roles.some((role) => DUTIES.includes(role))

/** Whether this account decides the request of a case: nobody decides their own. */
export const mayDecide = (one: { pending: string | null; pending_by_me: boolean }, roles: readonly string[]): boolean =>
  one.pending !== null && !one.pending_by_me && (DECIDERS[one.pending] ?? []).some((role) => roles.includes(role))

/** The tabs of somebody of these roles. */
export const tabsOf = (roles: readonly string[]): readonly Tab[] => (hasDuty(roles) ? TABS : TABS.filter((tab) => tab !== 'todo'))

const NONE: Filters = { tab: 'todo', state: null, time: 'all', clock: null, item: '', q: '', box: null }
const among = <T extends string>(text: string | undefined, known: readonly T[]): T | null => known.find((one) => one === text) ?? null

const BOX = /^-?\d{1,3}(\.\d+)?(,-?\d{1,3}(\.\d+)?){3}$/
const readBox = (text: string | undefined): string | null => (text !== undefined && BOX.test(text) ? text : null)

/** Reads `late;state:OPENED;time:today;q:lamp` of the address; nonsense is left out. */
export function readFilters(text: string | null): Filters {
  const parts = (text ?? '').split(';')
  const value = (name: string): string | undefined => {
    const found = parts.find((part) => part.startsWith(`${name}:`))?.slice(name.length + 1)
    try {
      return found === undefined ? undefined : decodeURIComponent(found)
    } catch {
      return undefined
    }
  }
  return {
    tab: among(parts[0], TABS) ?? NONE.tab,
    state: among(value('state'), ALL_STATES),
    time: among(value('time'), TIMES) ?? NONE.time,
    clock: among(value('clock'), CLOCKS),
    item: value('item') ?? '',
    q: value('q') ?? '',
    box: readBox(value('box')),
  }
}

/** Writes filters for the address; null for the usual ones. */
export function writeFilters(filters: Filters): string | null {
  const set = (name: 'state' | 'clock' | 'item' | 'q'): string[] => (filters[name] ? [`${name}:${encodeURIComponent(filters[name] ?? '')}`] : [])
  const parts = [...set('state'), ...(filters.time === 'all' ? [] : [`time:${filters.time}`]), ...set('clock'), ...set('item'), ...set('q'), ...(filters.box ? [`box:${filters.box}`] : [])]
  if (filters.tab === NONE.tab && parts.length === 0) return null
  return [filters.tab, ...parts].join(';')
}

/** Whether anything but the tab narrows the list. */
export const isNarrowed = ({ state, time, clock, item, q, box }: Filters, area: string | null): boolean =>
  Boolean(state || clock || item || q || box || area) || time !== 'all'

const DAYS: Record<Time, number | null> = { all: null, today: 0, week: 6, month: 29 }
const DAY_MS = 86_400_000

/** The first moment of a span of days that ends today. */
export function sinceOf(time: Time, now: Date): string | null {
  const days = DAYS[time]
  if (days === null) return null
  const morning = new Date(now.getTime() - days * DAY_MS)
  morning.setHours(0, 0, 0, 0)
  return morning.toISOString()
}

export type Question = Record<string, string | null>

/** What every question of the desk has in common: all but the tab. */
export function narrowing(filters: Filters, now: Date): Question {
  return { since: sinceOf(filters.time, now), clock: filters.clock, item: filters.item || null, q: filters.q || null, bbox: filters.box }
}

/** What the server is asked for the list of a tab. */
export function listQuestion(filters: Filters, now: Date): Question {
  const states: Record<Tab, readonly string[]> = { todo: OPEN_STATES, requests: OPEN_STATES, late: OPEN_STATES, open: OPEN_STATES, closed: CLOSED_STATES }
  const wanted = filters.state ? [filters.state] : states[filters.tab]
  return {
    ...narrowing(filters, now),
    state: wanted.join(','),
    ...(filters.tab === 'late' ? { clock: 'late' } : {}),
    ...(filters.tab === 'requests' ? { pending: 'any' } : {}),
    ...(filters.tab === 'todo' ? { todo: 'true' } : {}),
    sort: filters.tab === 'closed' ? 'new' : 'urgent',
  }
}

interface Counted {
  by_state: Record<string, number>
  by_clock: Record<string, number>
  todo: number
  requests: number
}

/** How many open cases each tab holds, as the server counts them. */
export function tabCounts(counts: Counted | null): Partial<Record<Tab, number | null>> {
  const open = counts && OPEN_STATES.reduce((all, state) => all + (counts.by_state[state] ?? 0), 0)
  return { todo: counts && counts.todo, requests: counts && counts.requests, late: counts && (counts.by_clock.late ?? 0), open }
}
