/** Whether the server answers, and the service worker that keeps the page on the phone. */
import { computed, signal } from '@preact/signals'
import { live } from '../../api/events'

const browserOnline = signal(navigator.onLine)
addEventListener('online', () => (browserOnline.value = true))
addEventListener('offline', () => (browserOnline.value = false))

/** Whether the server can be reached, as far as is known. */
export const online = computed(() => browserOnline.value && live.value !== 'offline')

/** True once a newer page took over: what is on screen is of the version before. */
export const newer = signal(false)

/** Lets the browser keep this page; needs HTTPS (or this very machine), and does nothing without. */
export function keepPage(): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (!workers || import.meta.env.DEV) return
  const hadOne = workers.controller !== null
  workers.addEventListener('controllerchange', () => {
    if (hadOne) newer.value = true
  })
  const ask = (): void => {
    // asks for a newer version too, past the browser's own cache
    workers.register('/sw.js', { scope: '/', updateViaCache: 'none' }).catch(() => undefined)
  }
  ask()
  // a page that stays open for days asks for its newer version too
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && online.peek() && ask())
}
