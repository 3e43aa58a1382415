import { expect, test } from 'vitest'
import { calendarOf } from '../src/features/organisation/calendarFile'

const holds = { code: 'city', zone: 'Asia/Shanghai', hours: ['08:30-12:00'], week: [1, 2, 3, 4, 5], name_en: '', name_zh: '', announced_yearly: true, years: { 2025: { announced: true, off: { '2025-10-01': 'National Day' }, work: {} } } }

test('a file of a year leaves the hours and the other years as they are', () => {
  const year = { announced: true, off: { '2026-02-17': '春节' }, work: { '2026-02-14': '调休' } }
  expect(calendarOf(JSON.stringify({ years: { 2026: year } }), holds)).toEqual({ ...holds, years: { ...holds.years, 2026: year } })
})

test('a whole calendar takes the place of the one that holds', () => {
  const whole = { code: 'new', zone: 'UTC', hours: ['09:00-17:00'] }
  expect(calendarOf(JSON.stringify(whole), holds)).toEqual(whole)
})

test('what is no calendar is refused', () => {
  for (const text of ['', 'a,b\n1,2', '[]', '{"rows": 1}']) expect(() => calendarOf(text, holds)).toThrow()
})
