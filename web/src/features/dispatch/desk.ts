/** What the desk shows: its queue, its sums, the case in hand; all follow the server. */
import { batch, computed, effect, signal, untracked } from '@preact/signals'
import { ask, call, query } from '../../api/client'
import { session, territory } from '../../api/data'
import { now as second, onLayer, onNews } from '../../api/events'
import { resource } from '../../api/resource'
import type { CaseFull, Counts, DeskAnswer, Incident } from '../../api/types'
import { remember, remembered, store } from '../../map/store'
import { clockOfCase } from '../../ui/clocks'
import { sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { forgetPlace, placeAnswered } from '../place/located'
import { CLOSED_STATES, hasDuty, listQuestion, mayDecide, narrowing, OPEN_STATES, readFilters, tabCounts, writeFilters, type Filters } from './filters'
import { alarms, byUrgency, extended, hold, neighbour } from './order'

const PAGE = 200
const SETTLE_MS = 300
/** Words of clocks move this often: each second would redraw every row for nothing. */
const TICK_S = 10

/** The time on the clocks of the queue. */
export const clockTime = computed(() => new Date(Math.floor(second.value.getTime() / (TICK_S * 1000)) * TICK_S * 1000))

export const roles = computed(() => session.value?.account.roles ?? [])
export const filters = computed<Filters>(() => {
  const read = readFilters(store.filter.value)
  return read.tab === 'todo' && !hasDuty(roles.value) ? { ...read, tab: 'open' } : read
})
export const setFilters = (part: Partial<Filters>): void => void (store.filter.value = writeFilters({ ...filters.peek(), ...part }))

interface Page {
  incidents: Incident[]
  next: string | null
}
const common = (): Record<string, string | null> => ({ territory: territory.peek()?.id ?? null, area: store.area.peek() })

const MOST_AT_ONCE = 1000
const pageOf = async (of: Filters, limit: number, cursor: string | null, abort?: AbortSignal): Promise<Page> =>
  ask<Page>(`/api/v1/incidents${query({ ...listQuestion(of, new Date()), ...common(), limit, cursor })}`, abort ? { signal: abort } : {})

/** How many rows somebody has scrolled to: news fetch as many again. */
let wanted = PAGE
/** The rows of a tab as far as they were scrolled to, in the server's order. */
export const queue = resource(async (abort) => {
  let page = await pageOf(filters.peek(), Math.min(wanted, MOST_AT_ONCE), null, abort)
  const incidents = [...page.incidents]
  while (page.next && incidents.length < wanted) {
    page = await pageOf(filters.peek(), Math.min(wanted - incidents.length, MOST_AT_ONCE), page.next, abort)
    incidents.push(...page.incidents)
  }
  return { incidents, next: page.next }
})
/** Requests that this account decides: a group of their own under what is to be done. */
export const requests = resource(async (abort) =>
  filters.peek().tab === 'todo' ? pageOf({ ...filters.peek(), tab: 'requests', state: filters.peek().state }, PAGE, null, abort) : null,
)
const count = async (area: string | null, abort: AbortSignal, closed = filters.peek().tab === 'closed'): Promise<Counts> =>
  ask<Counts>(`/api/v1/incidents/counts${query({ ...narrowing(filters.peek(), new Date()), state: (closed ? CLOSED_STATES : OPEN_STATES).join(','), ...common(), area })}`, { signal: abort })
/** Sums over what the filters leave of the open cases, at the last tab of the closed ones. */
export const counts = resource((abort) => count(store.area.peek(), abort))
/** The same over all areas, for the choice of areas. */
export const areaCounts = resource(async (abort) => (store.area.peek() ? count(null, abort) : null))
/** The open cases for the figures of the tabs, while the closed ones are listed. */
const openCounts = resource(async (abort) => (filters.peek().tab === 'closed' ? count(store.area.peek(), abort, false) : null))

export const requestRows = computed(() => (requests.data.value?.incidents ?? []).filter((one) => mayDecide(one, roles.value)))
export const tabNumbers = computed(() => tabCounts(filters.value.tab === 'closed' ? openCounts.data.value : counts.data.value))

/** Every row that was on screen, as it is known last: one that left the list can still be drawn where the hand is. */
const known = signal(new Map<string, Incident>())
const order = signal<string[] | null>(null)
export const waiting = signal<string[]>([])
/** What this page sent itself shows at once. */
const own = new Set<string>()

const fresh = computed<Incident[] | null>(() => {
  const page = queue.data.value
  if (!page) return null
  if (filters.value.tab === 'closed') return page.incidents
  if (filters.value.tab !== 'todo') return [...page.incidents].sort(byUrgency)
  const decide = [...requestRows.value].sort(byUrgency)
  return [...page.incidents.filter((one) => !decide.some(({ no }) => no === one.no)).sort(byUrgency), ...decide]
})
export const shown = computed(() => (order.value ?? []).flatMap((no) => known.value.get(no) ?? []))
export const hasMore = computed(() => Boolean(queue.data.value?.next))
/** Rows that are no longer part of the list, and stay only under the hand. */
export const gone = computed(() => {
  const here = new Set((fresh.value ?? []).map(({ no }) => no))
  return new Set((order.value ?? []).filter((no) => !here.has(no)))
})

/** The row that must not move: the one in focus, else the one whose case is open. */
function heldRow(): string | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-no], tr[data-key]')
  return row?.dataset.no ?? row?.dataset.key ?? store.incident.peek()
}

/** Lets waiting rows in. */
export function letIn(): void {
  order.value = (fresh.peek() ?? []).map(({ no }) => no)
  waiting.value = []
}

/** A number that this page has just made: it is shown without waiting. */
export const expectOwn = (no: string): void => void own.add(no)

/** Another list is on its way: nobody stands in it yet. */
const settling = signal(false)

/** More rows are on their way. */
export const growing = signal(false)

/** Fetches the rows after the last one; they come in below the hand, which stays where it is. */
export async function loadMore(): Promise<void> {
  const before = queue.data.peek()
  if (!before?.next || growing.peek() || settling.peek()) return
  growing.value = true
  try {
    const page = await pageOf(filters.peek(), PAGE, before.next)
    // another list, or news, came meanwhile
    if (queue.data.peek() !== before) return
    const here = new Set(order.peek() ?? [])
    const fresh = page.incidents.filter(({ no }) => !here.has(no))
    wanted = before.incidents.length + page.incidents.length
    batch(() => {
      known.value = new Map([...known.peek(), ...fresh.map((one) => [one.no, one] as const)])
      order.value = extended(order.peek() ?? [], fresh.map(({ no }) => no), filters.peek().tab === 'todo' ? requestRows.peek().map(({ no }) => no) : [])
      queue.put({ incidents: [...before.incidents, ...page.incidents], next: page.next })
    })
  } catch (cause) {
    toast(sentence(cause))
  } finally {
    growing.value = false
  }
}

async function loadLists(): Promise<void> {
  wanted = PAGE
  settling.value = true
  await Promise.all([queue.load(), requests.load(), counts.load(), areaCounts.load(), openCounts.load()])
  settling.value = false
}

function follow(): void {
  const rows = fresh.value
  if (!rows) return
  if (settling.value) order.value = null
  known.value = new Map([...untracked(() => known.value), ...rows.map((one) => [one.no, one] as const)])
  const held = hold(order.peek(), rows.map(({ no }) => no), heldRow())
  if (held.waiting.some((no) => own.has(no))) {
    own.clear()
    letIn()
    return
  }
  order.value = held.order
  waiting.value = held.waiting
}

export const marked = signal<ReadonlySet<string>>(new Set())
export const markedRows = computed(() => [...marked.value].flatMap((no) => known.value.get(no) ?? []))

/** Marks a row for what is done to many, or takes the mark away. */
export function toggleMark(no: string | null): void {
  if (!no) return
  const next = new Set(marked.peek())
  if (!next.delete(no)) next.add(no)
  marked.value = next
}

/** Goes to the next or the previous row. */
export function step(by: number): void {
  const next = neighbour(order.peek() ?? [], store.incident.peek(), by)
  if (next) store.incident.value = next
}

/** From the list into the card of the case in hand. */
export const focusCase = (): void => document.querySelector<HTMLElement>('.panel-focus')?.focus()

/** The map goes to the place of the case in hand. */
export const mapFollows = signal(remembered('mapFollows') !== 'off')
export function setMapFollows(on: boolean): void {
  mapFollows.value = on
  remember('mapFollows', on ? 'on' : 'off')
}

/** The case in hand with all that is answered about it. */
export const answer = signal<DeskAnswer | null>(null)
export const answerError = signal<Error | null>(null)
let asking: AbortController | null = null
const CLOSE_ZOOM = 16.5

function showPlace(one: DeskAnswer, ms: number): void {
  const { lon, lat, accuracy_m, grid } = one.case.incident
  if (lon === null || lat === null || !one.located) {
    forgetPlace()
    return
  }
  store.grid.value = grid?.code ?? null
  placeAnswered({ lon, lat, accuracy_m }, one.located as never, ms)
  if (mapFollows.peek()) store.goTo.value = { at: [lon, lat], zoom: Math.max(store.view.peek()?.zoom ?? 0, CLOSE_ZOOM) }
}

/** Fetches the case in hand: one question, one answer. */
export async function openCase(no: string): Promise<void> {
  asking?.abort()
  const mine = new AbortController()
  asking = mine
  const again = answer.peek()?.case.incident.no === no
  if (!again) answer.value = null
  try {
    const got = await call<DeskAnswer>(`/api/v1/incidents/${encodeURIComponent(no)}/answer`, { signal: mine.signal })
    if (asking !== mine) return
    answer.value = got.data
    answerError.value = null
    if (!again) showPlace(got.data, got.ms)
  } catch (cause) {
    if (asking !== mine || (cause instanceof DOMException && cause.name === 'AbortError')) return
    answerError.value = cause as Error
  }
}

/** Puts the place of the case in hand back on the map. */
export function backToPlace(): void {
  const now = answer.peek()
  if (now) showPlace(now, 0)
}

/** Fetches the case in hand as if it were opened now: its place may be another one. */
export async function openAgain(): Promise<void> {
  answer.value = null
  await reload()
}

/** A newer state of the case in hand, as an action answered it. */
export function caseIs(next: DeskAnswer['case']): void {
  const before = answer.peek()
  if (before?.case.incident.no === next.incident.no) answer.value = { ...before, case: next }
  known.value = new Map(known.peek()).set(next.incident.no, next.incident)
}

/** Rows that are asked for one by one. */
const MOST_GONE = 50

/** Rows that left the list and are still drawn or marked show how they stand now. */
async function askGone(): Promise<void> {
  const here = new Set((fresh.peek() ?? []).map(({ no }) => no))
  const gone = [...new Set([...(order.peek() ?? []), ...marked.peek()])].filter((no) => !here.has(no)).slice(0, MOST_GONE)
  const answers = await Promise.allSettled(gone.map((no) => ask<CaseFull>(`/api/v1/incidents/${encodeURIComponent(no)}`)))
  const now = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.incident] : []))
  if (now.length) known.value = new Map([...known.peek(), ...now.map((one) => [one.no, one] as const)])
}

/** Fetches everything on screen again. */
export async function reload(): Promise<void> {
  const open = store.incident.peek()
  await Promise.all([queue.load(), requests.load(), counts.load(), areaCounts.load(), openCounts.load(), ...(open ? [openCase(open)] : [])])
}

/** What has become critical or late and was not said yet. */
export const alarm = signal({ critical: 0, late: 0 })
let alarmed: ReadonlySet<string> | null = null

function watchAlarms(): void {
  const rows = fresh.value
  if (!rows) return
  const time = clockTime.value
  if (settling.value) alarmed = null
  const found = alarms(alarmed, rows.map((one) => ({ ...one, late: clockOfCase(one, time)?.colour === 'late' })))
  alarmed = found.known
  if (found.critical.length || found.late.length) alarm.value = { critical: found.critical.length, late: found.late.length }
}

/** Starts following the server at this desk; returns how to stop. */
export function startDesk(): () => void {
  let due: ReturnType<typeof setTimeout> | undefined
  let clocksDue: ReturnType<typeof setTimeout> | undefined
  alarmed = null
  const stops = [
    effect(() => {
      if (!territory.value || !session.value) return
      void [filters.value, store.area.value]
      alarmed = null
      void loadLists()
    }),
    effect(follow),
    effect(() => {
      void queue.data.value
      untracked(() => void askGone())
    }),
    effect(watchAlarms),
    effect(() => {
      const no = store.incident.value
      if (no) void openCase(no)
      else {
        asking?.abort()
        answer.value = null
        answerError.value = null
      }
    }),
    onLayer(({ layer }) => {
      if (layer !== 'incidents') return
      clearTimeout(due)
      due = setTimeout(() => void reload(), SETTLE_MS)
    }),
    // a clock has run on: nothing of a case changed, but sums by clock and the list of late ones did
    onNews(({ kind }) => {
      if (kind !== 'notification') return
      clearTimeout(clocksDue)
      clocksDue = setTimeout(() => void Promise.all([counts.load(), areaCounts.load(), openCounts.load(), queue.load()]), SETTLE_MS)
    }),
  ]
  return () => {
    clearTimeout(due)
    clearTimeout(clocksDue)
    stops.forEach((stop) => stop())
    marked.value = new Set()
  }
}
