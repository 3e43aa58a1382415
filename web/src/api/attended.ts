/** Whether somebody is at this page: what it then asks by itself keeps no unattended desk signed in. */

/** So long without a hand on mouse, keys or glass, and the page says with each request that nobody is there. */
const AWAY_MS = 300_000
const HANDS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const
let touchedAt = Date.now()

/** Notes a hand from now on; the page begins with one, that of whoever opened it. */
export function noteHands(target: EventTarget): void {
  for (const kind of HANDS) target.addEventListener(kind, () => (touchedAt = Date.now()), { capture: true, passive: true })
}

/** The header of a request: none while somebody is there. */
export const unattended = (): Record<string, string> => (Date.now() - touchedAt < AWAY_MS ? {} : { 'X-Unattended': '1' })

/** A map's request: of our own server it says whether anybody is there, as tiles come anew when somebody else changed them; others are told nothing. */
export const mapRequest = (url: string): { url: string; headers?: Record<string, string> } =>
  new URL(url, location.href).origin === location.origin ? { url, headers: unattended() } : { url }
