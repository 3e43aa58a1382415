/**
 * The service worker of the phone page: keeps the page itself on the phone so that it opens without a signal.
 *
 * It keeps no answer of the API: reports that wait and cases that were seen are the page's own memory. After the build
 * `fill-worker.mjs` writes the version and the list of files in.
 */
import { outdatedStores, PAGE, sourceOf, STORE } from './rules'

declare const __VERSION__: string
declare const __FILES__: string[]

/** What TypeScript's list for pages lacks of the worker's world. */
interface Extendable extends Event {
  waitUntil: (work: Promise<unknown>) => void
}
interface Fetching extends Extendable {
  readonly request: Request
  respondWith: (answer: Promise<Response>) => void
}
interface Worker {
  skipWaiting: () => Promise<void>
  clients: { claim: () => Promise<void> }
  location: Location
  addEventListener: ((kind: 'install' | 'activate', on: (event: Extendable) => void) => void) & ((kind: 'fetch', on: (event: Fetching) => void) => void)
}
const world = self as unknown as Worker
const own = STORE + __VERSION__
const parts: ReadonlySet<string> = new Set(__FILES__)
const PATIENCE_MS = 4_000

async function install(): Promise<void> {
  const store = await caches.open(own)
  // the page itself past the browser's own cache: it must belong to these parts
  await Promise.all([store.add(new Request(PAGE, { cache: 'reload' })), ...__FILES__.map((path) => store.add(path))])
  await world.skipWaiting()
}

async function activate(): Promise<void> {
  for (const name of outdatedStores(await caches.keys(), own)) await caches.delete(name)
  await world.clients.claim()
}

async function keptPage(): Promise<Response> {
  const found = await (await caches.open(own)).match(PAGE, { ignoreVary: true })
  return found ?? Response.error()
}

/** The page of now; the kept one when there is no answer, or none for so long that there might as well be none. */
async function page(request: Request): Promise<Response> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
  try {
    const answer = await fetch(request.url, { signal: patience.signal, cache: 'no-cache', credentials: 'same-origin' })
    return answer.status >= 500 ? await keptPage() : answer
  } catch {
    return keptPage()
  } finally {
    clearTimeout(timer)
  }
}

/** A part of the page, of this version or the one before. */
async function part(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}

world.addEventListener('install', (event) => event.waitUntil(install()))
world.addEventListener('activate', (event) => event.waitUntil(activate()))
world.addEventListener('fetch', (event) => {
  const source = sourceOf(event.request, world.location.origin, parts)
  if (source === 'page') event.respondWith(page(event.request))
  if (source === 'kept') event.respondWith(part(event.request))
})
