/** Clocks of cases in words. */
import { t } from '../i18n'
import { number } from '../i18n/format'

export type ClockColour = 'ok' | 'soon' | 'late' | 'paused'

/** A running time limit, as the server tells it. */
export interface Clock {
  due_at: string | null
  paused: boolean
  /** Share of the limit that is used up; 1 is due. */
  share: number
  colour: ClockColour
}

const MINUTE_MS = 60_000
const HOUR_MIN = 60
const DAY_MIN = 24 * HOUR_MIN

/** A span of time as people say it: `27 min`, `1 h 48 min`, `3 d 4 h`. */
export function span(ms: number): string {
  const minutes = Math.max(0, Math.floor(Math.abs(ms) / MINUTE_MS))
  if (minutes < HOUR_MIN) return t('clock.min', { n: number(minutes) })
  if (minutes < DAY_MIN) {
    const rest = minutes % HOUR_MIN
    const hours = t('clock.h', { n: number(Math.floor(minutes / HOUR_MIN)) })
    return rest ? `${hours} ${t('clock.min', { n: number(rest) })}` : hours
  }
  const hours = Math.floor((minutes % DAY_MIN) / HOUR_MIN)
  const days = t('clock.d', { n: number(Math.floor(minutes / DAY_MIN)) })
  return hours ? `${days} ${t('clock.h', { n: number(hours) })}` : days
}

/** The colour of a clock now: it may have passed its limit since the server told it. */
export function colourNow(clock: Clock, now: Date): ClockColour {
  if (clock.paused) return 'paused'
  return clock.due_at !== null && now.getTime() > Date.parse(clock.due_at) ? 'late' : clock.colour
}

/** What a clock says: time left, late, paused; empty where nothing is due. */
export function clockWords(clock: Clock | null | undefined, now: Date): string {
  if (!clock) return ''
  if (clock.paused) return t('clock.paused')
  if (clock.due_at === null) return ''
  const left = Date.parse(clock.due_at) - now.getTime()
  return t(left >= 0 ? 'clock.left' : 'clock.late', { t: span(left) })
}

const SOON = 0.8

/** The clock of a case in a list, from when four fifths of its limit are used and when all of it is; null without. */
export function clockOfCase(one: { state: string; due_at?: string | null; soon_at?: string | null }, now: Date): Clock | null {
  if (one.state.toUpperCase() === 'SUSPENDED') return { due_at: null, paused: true, share: 0, colour: 'paused' }
  if (!one.due_at) return null
  const due = Date.parse(one.due_at)
  const soon = one.soon_at ? Date.parse(one.soon_at) : due
  const left = due - now.getTime()
  const whole = (due - soon) / (1 - SOON)
  const share = whole > 0 ? Math.max(0, 1 - left / whole) : left > 0 ? 0 : 1
  return { due_at: one.due_at, paused: false, share, colour: left < 0 ? 'late' : now.getTime() >= soon ? 'soon' : 'ok' }
}
