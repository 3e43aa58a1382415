/** What waits on the phone to be sent, and what becomes of it. Pure: values in, values out. */
import { NoAnswer, Problem } from '../../../api/client'

export type Stage = 'before' | 'after' | 'other'

/** A photo as it is kept: the picture until it is sent, a small one to look at afterwards. */
export interface Photo {
  id: string
  stage: Stage
  blob: Blob | null
  thumb: Blob | null
  size: number
  /** Its id at the server, once it is there. */
  media: string | null
}

/** What somebody saw and where; sent to the server word for word, the photos' ids with it. */
export interface Report {
  item: string
  item_code: string | null
  description: string
  severity: 'minor' | 'major' | 'critical'
  channel: 'app'
  /** By the phone's clock; null where the server says that it is set wrong. */
  occurred_at: string | null
  /** One of both: a point, or the code of the plate that stands there. */
  point: { lon: number; lat: number; accuracy_m: number } | null
  plate: string | null
}

/** A step in the life of a case: of the case itself, or of one of its tasks. */
export interface Act {
  action: string
  task: string | null
  body: Record<string, unknown>
  /** What the case was when the step was taken; null for the report of this entry. */
  revision: number | null
  state: string | null
}

export type Waiting = 'waiting' | 'refused' | 'sent'

/** One thing to send: a report, a step, or a report with a step after it. */
export interface Entry {
  /** The intake key: the same on every try, so that a repeat is harmless. */
  key: string
  account: string
  account_name: string
  made_at: number
  title: string
  place: string
  photos: Photo[]
  report: Report | null
  act: Act | null
  /** Number of the case, once it has one. */
  no: string | null
  state: Waiting
  tries: number
  /** Not before this moment (milliseconds). */
  due_at: number
  problem: { code: string; detail: string; body: Record<string, unknown> } | null
  sent_at: number | null
}

const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000
/** Answers after which the same request may well succeed later. */
const PASSING = new Set([401, 408, 425, 429])
export const KEEP_SENT_MS = 24 * 3_600_000

/** Bytes that an entry still has to send. */
export function sizeOf(entry: Entry): number {
  return entry.photos.reduce((sum, photo) => sum + (photo.media === null && photo.blob ? photo.size : 0), 0)
}

/** How long to wait before the next try; `luck` in 0..1 keeps many phones from knocking at once. */
export function pauseAfter(tries: number, luck: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, tries - 1), LONGEST_PAUSE_MS) * (0.75 + luck / 2)
}

/** Whether trying again can help: no answer, a server in trouble, nobody signed in, too many at once. */
export function passes(error: unknown): boolean {
  if (error instanceof NoAnswer) return true
  return error instanceof Problem && (error.status >= 500 || PASSING.has(error.status))
}

/** An entry after a try that failed: it waits for the next one, or says why it was refused. */
export function afterFailure(entry: Entry, error: unknown, now: number, luck: number): Entry {
  const problem = error instanceof Problem ? { code: error.code, detail: error.message, body: error.body } : null
  if (passes(error)) {
    const tries = entry.tries + 1
    return { ...entry, tries, due_at: now + pauseAfter(tries, luck), problem }
  }
  const detail = error instanceof Error ? error.message : String(error)
  return { ...entry, state: 'refused', tries: entry.tries + 1, problem: problem ?? { code: '', detail, body: {} } }
}

/** An entry that has arrived: the pictures go, what is needed to look at it stays. */
export function afterArrival(entry: Entry, now: number): Entry {
  const photos = entry.photos.map((photo) => ({ ...photo, blob: null }))
  return { ...entry, photos, state: 'sent', problem: null, sent_at: now }
}

/** An entry that somebody wants to be tried again at once. */
export function tryAgain(entry: Entry): Entry {
  return { ...entry, state: 'waiting', tries: 0, due_at: 0, problem: null }
}

/** What an account has waiting, oldest first. */
export function waitingOf(entries: readonly Entry[], account: string): Entry[] {
  return entries.filter((one) => one.account === account && one.state !== 'sent').sort((a, b) => a.made_at - b.made_at)
}

/** What an account sent lately, newest first. */
export function sentOf(entries: readonly Entry[], account: string): Entry[] {
  return entries
    .filter((one) => one.account === account && one.state === 'sent')
    .sort((a, b) => (b.sent_at ?? 0) - (a.sent_at ?? 0))
}

/** How many entries other accounts left on this phone. */
export function ofOthers(entries: readonly Entry[], account: string): number {
  return entries.filter((one) => one.account !== account && one.state !== 'sent').length
}

/** Entries whose stay is over: they arrived long ago. */
export function outdated(entries: readonly Entry[], now: number): Entry[] {
  return entries.filter((one) => one.state === 'sent' && now - (one.sent_at ?? 0) > KEEP_SENT_MS)
}

/** When the next entry is due (milliseconds from now), or null when nothing waits to be tried. */
export function nextIn(entries: readonly Entry[], account: string, now: number): number | null {
  const due = waitingOf(entries, account).filter((one) => one.state === 'waiting').map((one) => one.due_at - now)
  return due.length ? Math.max(0, Math.min(...due)) : null
}
