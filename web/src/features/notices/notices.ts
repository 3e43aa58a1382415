/** Notices to this account: what is new for it, live, and what it has read. */
import { computed, effect, signal } from '@preact/signals'
import { ask, query } from '../../api/client'
import { session } from '../../api/data'
import { live, onNews } from '../../api/events'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import type { Notice } from './words'

type Notices = components['schemas']['NoticesOut']

const PAGE = 30
const SETTLE_MS = 400

export const unreadOnly = signal(false)
const pageOf = (before: number | null, abort?: AbortSignal): Promise<Notices> =>
  ask<Notices>(`/api/v1/notifications${query({ limit: PAGE, before, unread: unreadOnly.peek() ? 'true' : null })}`, abort ? { signal: abort } : {})

export const notices = resource((abort) => pageOf(null, abort))
export const unread = computed(() => notices.data.value?.unread ?? 0)
export const noticesError = signal<unknown>(null)
/** The newest notice that came while the page was open, to be said once. */
export const arrived = signal<Notice | null>(null)

/** Earlier notices, after those on screen. */
export async function loadEarlier(): Promise<void> {
  const before = notices.data.peek()
  if (!before?.next) return
  try {
    const page = await pageOf(before.next)
    if (notices.data.peek() === before) notices.put({ ...page, notices: [...before.notices, ...page.notices] })
  } catch (cause) {
    noticesError.value = cause
  }
}

/** Shows all notices, or those alone that nobody read. */
export function showUnread(only: boolean): void {
  unreadOnly.value = only
  void notices.load()
}

async function markRead(body: { ids?: number[]; through?: number }, isMeant: (one: Notice) => boolean): Promise<void> {
  const before = notices.data.peek()
  if (!before) return
  const at = new Date().toISOString()
  const meant = before.notices.filter((one) => isMeant(one) && one.read_at === null)
  // at once on screen; the server's word follows
  notices.put({ ...before, unread: body.through ? 0 : Math.max(0, before.unread - meant.length), notices: before.notices.map((one) => (meant.includes(one) ? { ...one, read_at: at } : one)) })
  try {
    await ask('/api/v1/notifications/read', { method: 'POST', body })
    noticesError.value = null
  } catch (cause) {
    noticesError.value = cause
  }
  await notices.load()
}

/** Notes that one was read. */
export const readOne = (one: Notice): Promise<void> => (one.read_at === null ? markRead({ ids: [one.id] }, ({ id }) => id === one.id) : Promise.resolve())
/** Notes that all were read, up to the newest on screen. */
export async function readAll(): Promise<void> {
  const newest = notices.data.peek()?.notices[0]
  if (newest) await markRead({ through: newest.id }, () => true)
}

/** Starts following the server; returns how to stop. */
export function startNotices(): () => void {
  let due: ReturnType<typeof setTimeout> | undefined
  let newest: number | null = null
  const soon = (): void => {
    clearTimeout(due)
    due = setTimeout(() => void notices.load(), SETTLE_MS)
  }
  const stops = [
    // after a silence something may have come
    effect(() => void (session.value && live.value === 'live' && soon())),
    onNews(({ kind }) => kind === 'notification' && soon()),
    effect(() => {
      const first = notices.data.value?.notices[0]
      if (!first) return
      if (newest !== null && first.id > newest && first.read_at === null) arrived.value = first
      newest = Math.max(newest ?? 0, first.id)
    }),
  ]
  if (session.peek()) void notices.load()
  return () => {
    clearTimeout(due)
    stops.forEach((stop) => stop())
    notices.clear()
    arrived.value = null
  }
}
