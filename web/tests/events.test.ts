import { afterEach, beforeEach, expect, it, vi } from 'vitest'

/** A stream as a browser gives it: opened, spoken on and left to itself by the test. */
class Stream {
  static readonly CLOSED = 2
  static all: Stream[] = []
  readyState = 1
  onopen: () => void = () => undefined
  onerror: () => void = () => undefined
  onmessage: () => void = () => undefined
  closed = false
  private readonly named = new Map<string, () => void>()
  constructor() {
    Stream.all.push(this)
  }
  addEventListener(name: string, listener: () => void): void {
    this.named.set(name, listener)
  }
  say(name: string): void {
    this.named.get(name)?.()
  }
  close(): void {
    this.closed = true
  }
}

/** The page's document, as far as it tells whether its tab is seen. */
class Tab {
  visibilityState = 'visible'
  private told: () => void = () => undefined
  addEventListener(_name: string, listener: () => void): void {
    this.told = listener
  }
  removeEventListener(): void {
    this.told = () => undefined
  }
  turn(state: 'visible' | 'hidden'): void {
    this.visibilityState = state
    this.told()
  }
}
let tab: Tab

beforeEach(() => {
  vi.useFakeTimers()
  Stream.all = []
  tab = new Tab()
  vi.stubGlobal('document', tab)
  vi.stubGlobal('EventSource', Stream)
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no way')))
})
afterEach(() => vi.useRealTimers())

it('a stream that beats is live; one that fell silent is none, and another is tried', async () => {
  const { live, startEvents, stopEvents } = await import('../src/api/events')
  startEvents()
  const first = Stream.all[0] as Stream
  first.onopen()
  for (let beats = 0; beats < 8; beats += 1) {
    await vi.advanceTimersByTimeAsync(15_000)
    first.say('beat')
    expect(live.value).toBe('live')
  }
  await vi.advanceTimersByTimeAsync(50_000)
  expect(live.value).not.toBe('live')
  expect([first.closed, Stream.all.length]).toEqual([true, 2])
  ;(Stream.all[1] as Stream).onopen()
  expect(live.value).toBe('live')
  stopEvents()
})

it('a tab that nobody sees lets its stream go after a while and takes it up when it is seen again', async () => {
  const { live, startEvents, stopEvents } = await import('../src/api/events')
  startEvents()
  const first = Stream.all[0] as Stream
  first.onopen()
  tab.turn('hidden')
  await vi.advanceTimersByTimeAsync(5_000)
  tab.turn('visible')
  await vi.advanceTimersByTimeAsync(20_000)
  expect([first.closed, Stream.all.length]).toEqual([false, 1]) // looked away for a moment
  tab.turn('hidden')
  await vi.advanceTimersByTimeAsync(11_000)
  expect([first.closed, Stream.all.length]).toEqual([true, 1])
  tab.turn('visible')
  expect(Stream.all.length).toBe(2)
  ;(Stream.all[1] as Stream).onopen()
  expect(live.value).toBe('live')
  stopEvents()
})

it('a tab opened in the background keeps no stream either', async () => {
  const { startEvents, stopEvents } = await import('../src/api/events')
  tab.visibilityState = 'hidden'
  startEvents()
  await vi.advanceTimersByTimeAsync(11_000)
  expect((Stream.all[0] as Stream).closed).toBe(true)
  stopEvents()
})
