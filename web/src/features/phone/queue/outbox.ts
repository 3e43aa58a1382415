/** The queue of this phone: read from its memory, sent oldest first, shown wherever it counts. */
import { computed, signal } from '@preact/signals'
import { signedOut } from '../../../api/client'
import { account } from '../who'
import { afterFailure, nextIn, ofOthers, outdated, passes, sentOf, tryAgain, waitingOf, type Entry } from './entry'
import { sendEntry } from './send'
import { forget, keep, keptAll } from './store'
import { ways } from './ways'

export const entries = signal<Entry[]>([])
/** The entry that is on its way now. */
export const sending = signal<string | null>(null)

const mine = computed(() => account.value?.id ?? '')
export const waiting = computed(() => waitingOf(entries.value, mine.value))
export const sent = computed(() => sentOf(entries.value, mine.value))
export const others = computed(() => ofOthers(entries.value, mine.value))

const LOCK = 'gridward-outbox'
let timer: ReturnType<typeof setTimeout> | undefined
let busy = false
/** Called whenever something arrived: lists of cases look again. */
const arrivals = new Set<(entry: Entry) => void>()

/** Calls back when something arrived; returns how to stop. */
export function onArrival(listener: (entry: Entry) => void): () => void {
  arrivals.add(listener)
  return () => arrivals.delete(listener)
}

function show(entry: Entry): void {
  const rest = entries.value.filter((one) => one.key !== entry.key)
  entries.value = [...rest, entry]
}

async function write(entry: Entry): Promise<void> {
  await keep('outbox', entry.key, entry)
  show(entry)
}

/** Reads what is kept; what arrived long ago goes. */
export async function readOutbox(): Promise<void> {
  const all = await keptAll<Entry>('outbox')
  const old = outdated(all, Date.now())
  for (const one of old) await forget('outbox', one.key)
  entries.value = all.filter((one) => !old.includes(one))
}

/** Keeps an entry and begins to send.
 *
 * Raises `NotKept` when the phone has no room: then nothing was put into the queue.
 */
export async function enqueue(entry: Entry): Promise<void> {
  await write(entry)
  // the browser may otherwise clear what a page keeps when the phone runs short
  void navigator.storage?.persist?.().catch(() => false)
  void sendNow()
}

/** Lets an entry go that somebody gave up. */
export async function drop(key: string): Promise<void> {
  await forget('outbox', key)
  entries.value = entries.value.filter((one) => one.key !== key)
}

/** Tries everything again at once. */
export async function retryAll(): Promise<void> {
  for (const one of waiting.value) if (one.state === 'waiting' && one.due_at > 0) await write({ ...one, due_at: 0 })
  await sendNow()
}

/** Tries an entry again that was refused. */
export async function retry(key: string): Promise<void> {
  const one = entries.value.find((each) => each.key === key)
  if (!one) return
  await write(tryAgain(one))
  await sendNow()
}

/** Sends one entry; false when the others had better wait too. */
async function attempt(entry: Entry): Promise<boolean> {
  let last = entry
  sending.value = entry.key
  try {
    const arrived = await sendEntry(entry, ways, async (next) => write((last = next)), Date.now)
    arrivals.forEach((listener) => listener(arrived))
    return true
  } catch (cause) {
    const failed = afterFailure(last, cause, Date.now(), Math.random())
    // with no room to write it down it is tried again from where it was: the key makes that harmless
    await write(failed).catch(() => show(failed))
    return !passes(cause)
  } finally {
    sending.value = null
  }
}

async function sendDue(): Promise<void> {
  // another tab may have sent some of it meanwhile
  await readOutbox()
  for (const one of waiting.value) {
    if (one.state !== 'waiting' || one.due_at > Date.now()) continue
    if (!(await attempt(one))) break
  }
}

/** Sends what is due, one after the other; one tab at a time. */
export async function sendNow(): Promise<void> {
  if (busy || !account.value || signedOut.value) return
  busy = true
  try {
    if (navigator.locks) await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? sendDue() : undefined))
    else await sendDue()
  } finally {
    busy = false
    wakeLater()
  }
}

function wakeLater(): void {
  clearTimeout(timer)
  const pause = nextIn(entries.value, mine.value, Date.now())
  // at least a second: another tab may hold what is due
  if (pause !== null) timer = setTimeout(() => void sendNow(), Math.max(pause, 1000))
}

/** Reads the queue and keeps it going; returns how to stop. */
export function startOutbox(): () => void {
  const wake = (): void => void (document.visibilityState === 'visible' && retryAll())
  addEventListener('online', wake)
  document.addEventListener('visibilitychange', wake)
  void readOutbox().then(sendNow).catch(() => undefined)
  return () => {
    removeEventListener('online', wake)
    document.removeEventListener('visibilitychange', wake)
    clearTimeout(timer)
  }
}
