/** The report that is being written: kept on the phone while it is, so that a closed tab loses nothing. */
import { signal } from '@preact/signals'
import type { Entry, Photo, Report } from './queue/entry'
import { keep, kept } from './queue/store'
import { account } from './who'

/** Where it is, and how that became known. */
export interface Place {
  by: 'gps' | 'pin' | 'address' | 'plate'
  point: { lon: number; lat: number; accuracy_m: number } | null
  plate: string | null
  /** What people call the place; the server adds it where it knows more. */
  words: string
  grid: { code: string; name: string } | null
}

export interface Draft {
  photos: Photo[]
  place: Place | null
  item: string
  item_code: string | null
  /** The item allows that it is dealt with on the spot. */
  may_self_handle: boolean
  description: string
  severity: Report['severity']
  self_handled: boolean
}

export const blank = (): Draft => ({ photos: [], place: null, item: '', item_code: null, may_self_handle: false, description: '', severity: 'minor', self_handled: false })

export const draft = signal<Draft>(blank())
/** False once the phone refused to keep the draft. */
export const draftKept = signal(true)

/** What was changed before the kept draft was read: it stands. */
let early: Partial<Draft> | null = {}

const PAUSE_MS = 400
let timer: ReturnType<typeof setTimeout> | undefined
const key = (): string => `draft ${account.value?.id ?? ''}`

async function write(): Promise<void> {
  try {
    await keep('kept', key(), draft.peek())
    draftKept.value = true
  } catch {
    draftKept.value = false
  }
}

/** Changes the draft, and keeps it a moment later. */
export function change(part: Partial<Draft>): void {
  draft.value = { ...draft.value, ...part }
  if (early) early = { ...early, ...part }
  clearTimeout(timer)
  timer = setTimeout(() => void write(), PAUSE_MS)
}

/** Begins anew. */
export async function clearDraft(): Promise<void> {
  clearTimeout(timer)
  draft.value = blank()
  await write()
}

/** Goes on with the report that was being written when the page was closed. */
export async function readDraft(): Promise<void> {
  const found = await kept<Draft>('kept', key()).catch(() => null)
  if (found) draft.value = { ...blank(), ...found, ...early }
  early = null
}

export type Lack = 'place' | 'item' | 'before' | 'after'

/** What a draft still lacks before it can be sent. */
export function lacks({ place, item, self_handled, photos }: Draft): Lack[] {
  const stages = photos.map((photo) => photo.stage)
  return [
    ...(self_handled && !stages.includes('before') ? (['before'] as const) : []),
    ...(self_handled && !stages.includes('after') ? (['after'] as const) : []),
    ...(place ? [] : (['place'] as const)),
    ...(item.trim() ? [] : (['item'] as const)),
  ]
}

/** The entry of the queue that a draft becomes. */
export function entryOf(from: Draft, who: { id: string; name: string }, now: number, intakeKey: string): Entry {
  const { photos, place, item, item_code, description, severity, self_handled } = from
  return {
    key: intakeKey,
    account: who.id,
    account_name: who.name,
    made_at: now,
    title: item.trim(),
    place: place?.words ?? '',
    photos: self_handled ? photos : photos.map((photo) => ({ ...photo, stage: 'before' })),
    report: {
      item: item.trim(),
      item_code,
      description: description.trim(),
      severity,
      channel: 'app',
      occurred_at: new Date(now).toISOString(),
      point: place?.plate ? null : (place?.point ?? null),
      plate: place?.plate ?? null,
    },
    act: self_handled ? { action: 'self_handle', task: null, body: {}, revision: null, state: null } : null,
    no: null,
    state: 'waiting',
    tries: 0,
    due_at: 0,
    problem: null,
    sent_at: null,
  }
}
