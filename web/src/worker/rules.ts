/** What the service worker does with a request, and which of its stores it keeps. Pure. */

/** Beginning of the names of its stores; the version follows. */
export const STORE = 'gridward-page-'
export const PAGE = '/'

export type Source = 'page' | 'kept' | 'network'

/** Where an answer comes from: the page itself from the network while there is one, its parts (whose names change with
 * their content) from the store, and everything else, the API above all, is none of the worker's business. */
export function sourceOf(request: { method: string; mode: string; url: string }, origin: string, parts: ReadonlySet<string>): Source {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== origin) return 'network'
  if (request.mode === 'navigate') return url.pathname === PAGE ? 'page' : 'network'
  return parts.has(url.pathname) ? 'kept' : 'network'
}

/** Stores that a new version lets go: all but its own and the one before, which an open page may still need. */
export function outdatedStores(names: readonly string[], own: string): string[] {
  const ours = names.filter((name) => name.startsWith(STORE))
  const before = ours.filter((name) => name !== own).at(-1)
  return ours.filter((name) => name !== own && name !== before)
}
