import { afterEach, expect, it, vi } from 'vitest'
import { noteHands, unattended } from '../src/api/attended'

afterEach(() => vi.useRealTimers())

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
