import { computed, signal } from '@preact/signals'
import { call } from './client'
import type { LayerEvent } from './types'

export type LiveState = 'connecting' | 'live' | 'stale' | 'offline'

/** When the server was last heard of. */
export const heardAt = signal<Date | null>(null)
const streaming = signal(false)
const unreachableSince = signal<Date | null>(null)
/** The current second, so that ages on screen move. */
export const now = signal(new Date())

/** Whether what is on screen follows the server. */
export const live = computed<LiveState>(() => {
  if (unreachableSince.value) return 'offline'
  if (streaming.value) return 'live'
  return heardAt.value ? 'stale' : 'connecting'
})
export const offlineSince = computed(() => unreachableSince.value)
export const staleSeconds = computed(() =>
  heardAt.value ? Math.max(0, Math.round((now.value.getTime() - heardAt.value.getTime()) / 1000)) : 0,
)

type Listener = (event: LayerEvent) => void
const listeners = new Set<Listener>()
let source: EventSource | null = null
let lastId = ''
let pollTimer: ReturnType<typeof setInterval> | undefined
let clockTimer: ReturnType<typeof setInterval> | undefined
let unseenTimer: ReturnType<typeof setTimeout> | undefined
/** Whether the stream was let go because nobody sees the tab; asking once in a while goes on. */
let resting = false

const POLL_MS = 10_000
const TICK_MS = 1_000
/**
 * How long a tab nobody sees keeps its stream. Without HTTP/2 a browser has six connections to a server for all its
 * tabs together: six streams of tabs left open would let the seventh wait for ever.
 */
const UNSEEN_MS = 10_000
/** Three beats of the server's: after so long a silence the line is dead, whatever the browser takes it for. */
const SILENT_MS = 45_000

/** Kinds of news that are no layer change: a plan took a step, somebody commented, somebody is told of a case. */
const NEWS = ['plan', 'comment', 'area-change', 'organisation', 'notification'] as const
const isNews = (event: string): event is News['kind'] => (NEWS as readonly string[]).includes(event)

/** News; `plan` is the empty string where it is of none. */
export interface News {
  kind: (typeof NEWS)[number]
  plan: string
}
const newsListeners = new Set<(news: News) => void>()

/** Calls back on every step of a plan and every comment; returns how to stop. */
export function onNews(listener: (news: News) => void): () => void {
  newsListeners.add(listener)
  return () => newsListeners.delete(listener)
}

/** Live figures of a plan changed: in these grids. */
export interface CoverageNews {
  plan: string
  run: string
  grids: string[]
}
const coverageListeners = new Set<(news: CoverageNews) => void>()

/** Calls back when live figures of coverage changed; returns how to stop. */
export function onCoverage(listener: (news: CoverageNews) => void): () => void {
  coverageListeners.add(listener)
  return () => coverageListeners.delete(listener)
}

/** Calls back on every change of a layer; returns how to stop. */
export function onLayer(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Tells the listeners of a change that this page made, while the stream that would tell them is down. */
export function tellUnlessLive(event: LayerEvent): void {
  if (live.peek() !== 'live') deliver(event, '')
}

function heard(): void {
  heardAt.value = new Date()
  unreachableSince.value = null
}

function deliver(event: LayerEvent, id: string): void {
  if (id) lastId = id
  for (const listener of listeners) listener(event)
}

function deliverNews(kind: News['kind'], data: { plan?: string }, id: string): void {
  if (id) lastId = id
  for (const listener of newsListeners) listener({ kind, plan: data.plan ?? '' })
}

function deliverCoverage(data: Partial<CoverageNews>, id: string): void {
  if (id) lastId = id
  for (const listener of coverageListeners) listener({ plan: data.plan ?? '', run: data.run ?? '', grids: data.grids ?? [] })
}

/** Asks once what happened since the last event: the way that is left when the stream is down. */
async function poll(): Promise<void> {
  if (streaming.value) return
  try {
    const path = `/api/v1/events/poll?limit=200${lastId ? `&after=${encodeURIComponent(lastId)}` : ''}`
    const { data } = await call<{ events: { id: string; event: string; data: unknown }[]; last: string | null }>(path)
    // as old as the last answer, not as the stream that is down
    heard()
    for (const { id, event, data: told } of data.events) {
      if (event === 'layer') deliver(told as LayerEvent, id)
      if (event === 'coverage') deliverCoverage(told as Partial<CoverageNews>, id)
      if (isNews(event)) deliverNews(event, told as { plan?: string }, id)
    }
    if (data.last) lastId = data.last
  } catch {
    unreachableSince.value ??= new Date()
  }
}

function openStream(): void {
  source?.close()
  resting = false
  const stream = new EventSource('/api/v1/events')
  source = stream
  stream.onopen = () => {
    streaming.value = true
    heard()
  }
  stream.onerror = () => {
    streaming.value = false
    void poll()
    if (stream.readyState === EventSource.CLOSED && source === stream) {
      setTimeout(() => source === stream && !resting && openStream(), POLL_MS)
    }
  }
  stream.onmessage = heard
  stream.addEventListener('beat', heard)
  stream.addEventListener('layer', (message: MessageEvent<string>) => {
    heard()
    deliver(JSON.parse(message.data) as LayerEvent, message.lastEventId)
  })
  stream.addEventListener('coverage', (message: MessageEvent<string>) => {
    heard()
    deliverCoverage(JSON.parse(message.data) as Partial<CoverageNews>, message.lastEventId)
  })
  for (const kind of NEWS) {
    stream.addEventListener(kind, (message: MessageEvent<string>) => {
      heard()
      deliverNews(kind, JSON.parse(message.data) as { plan?: string }, message.lastEventId)
    })
  }
}

function lostNetwork(): void {
  streaming.value = false
  unreachableSince.value ??= new Date()
}

function online(): void {
  if (resting) void poll()
  else openStream()
}

/** Moves the clock on, and takes a stream that fell silent for what it is: a lid was closed, a proxy went away. */
function tick(): void {
  now.value = new Date()
  if (!streaming.value || !heardAt.value || now.value.getTime() - heardAt.value.getTime() < SILENT_MS) return
  streaming.value = false
  wake()
}

/** Lets the stream go a while after the tab was hidden, and takes it up again once the tab is seen. */
function seenOrNot(): void {
  clearTimeout(unseenTimer)
  if (document.visibilityState === 'hidden') unseenTimer = setTimeout(rest, UNSEEN_MS)
  else if (resting) wake()
}

function rest(): void {
  resting = true
  source?.close()
  streaming.value = false
}

/** Opens the stream and asks what happened without it: a new stream begins with now. */
function wake(): void {
  openStream()
  void poll()
}

/** Starts listening; harmless when already started. */
export function startEvents(): void {
  if (source) return
  openStream()
  // listening again, after a session that had ended: a new stream begins with now
  if (lastId) void poll()
  pollTimer = setInterval(() => void poll(), POLL_MS)
  clockTimer = setInterval(tick, TICK_MS)
  addEventListener('offline', lostNetwork)
  addEventListener('online', online)
  document.addEventListener('visibilitychange', seenOrNot)
  seenOrNot()
}

/** Stops listening, when someone signs out. */
export function stopEvents(): void {
  source?.close()
  source = null
  streaming.value = false
  clearInterval(pollTimer)
  clearInterval(clockTimer)
  clearTimeout(unseenTimer)
  document.removeEventListener('visibilitychange', seenOrNot)
}
