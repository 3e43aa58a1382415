import { afterEach, expect, it, vi } from 'vitest'
import { mapRequest, noteHands, unattended } from '../src/api/attended'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('a page that nobody touches says so with what it asks', () => {
  vi.useFakeTimers()
  const page = new EventTarget()
  noteHands(page)
  page.dispatchEvent(new Event('keydown'))
  expect(unattended()).toEqual({})
  vi.advanceTimersByTime(299_000)
  expect(unattended()).toEqual({})
  vi.advanceTimersByTime(2_000)
  expect(unattended()).toEqual({ 'X-Unattended': '1' })
  page.dispatchEvent(new Event('pointermove'))
  expect(unattended()).toEqual({})
})

it('every map says so of its own tiles, and tells other servers nothing', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('location', { href: 'https://grid.test/#/plans', origin: 'https://grid.test' })
  const page = new EventTarget()
  noteHands(page)
  page.dispatchEvent(new Event('wheel'))
  expect(mapRequest('https://grid.test/ogc/t/1')).toEqual({ url: 'https://grid.test/ogc/t/1', headers: {} })
  vi.advanceTimersByTime(301_000)
  expect(mapRequest('/ogc/t/1')).toEqual({ url: '/ogc/t/1', headers: { 'X-Unattended': '1' } })
  expect(mapRequest('https://tiles.test/1')).toEqual({ url: 'https://tiles.test/1' })
  const sources = import.meta.glob('../src/{map,features}/**/*.{ts,tsx}', { query: '?raw', import: 'default' })
  const opened = (await Promise.all(Object.values(sources).map((read) => read() as Promise<string>))).flatMap((text) => text.split('new MapLibre(').slice(1))
  expect(opened.length).toBeGreaterThan(3)
  expect(opened.filter((text) => !text.slice(0, 400).includes('transformRequest: mapRequest'))).toEqual([])
})
