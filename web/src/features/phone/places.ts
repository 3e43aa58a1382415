/** How a place becomes known: from the phone's position, a plate, a pin, an address. */
import { ask, NoAnswer, Problem } from '../../api/client'
import type { components } from '../../api/schema'
import type { Located } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number, position } from '../../i18n/format'
import { change, draft, type Place } from './draft'

const PATIENCE_MS = 15_000
const FRESH_MS = 10_000

/** What a plate stands for; of one whose grid is in no plan any more the position is unknown. */
export type PlateAnswer = components['schemas']['PlateOut']

/** Where the phone is.
 *
 * Raises an error with words when it does not know, or must not tell.
 */
export function whereAmI(): Promise<GeolocationPosition> {
  return new Promise((resolve, reject) => {
    if (!isSecureContext || !('geolocation' in navigator)) return reject(new Error(t('phone.gps.insecure')))
    navigator.geolocation.getCurrentPosition(
      resolve,
      (error) => reject(new Error(t(error.code === error.PERMISSION_DENIED ? 'phone.gps.denied' : 'phone.gps.none'))),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: FRESH_MS },
    )
  })
}

/** The grid of a place, in a few words. */
export const gridWords = (grid: { code: string; name: string } | null): string =>
  grid ? [t('phone.grid', { n: gridNumber(grid.code) }), grid.name].filter(Boolean).join(' ') : ''

/** What stands under the name of a place. */
export function placeNote({ point, plate, grid }: Place): string {
  const grids = gridWords(grid)
  if (grids) return grids
  if (plate) return t('phone.place.plateLater')
  return point ? t('phone.place.gridLater') : ''
}

/** Asks which grid a place is in; without an answer the place stands as it is. */
async function lookUp(place: Place): Promise<void> {
  if (!place.point) return
  try {
    const answer = await ask<Located & { address?: string | null }>('/api/v1/locate', { method: 'POST', body: place.point })
    const first = answer.grids[0]
    if (draft.peek().place !== place) return
    const words = place.by === 'address' || place.by === 'plate' ? place.words : answer.address || place.words
    change({ place: { ...place, words, grid: first ? { code: first.code, name: first.name ?? '' } : null } })
  } catch {
    // no signal: the server finds the grid when the report arrives
  }
}

function setPlace(place: Place): void {
  change({ place })
  void lookUp(place)
}

/** Takes the phone's own position. */
export async function placeByGps(): Promise<void> {
  const { coords } = await whereAmI()
  const { longitude: lon, latitude: lat, accuracy } = coords
  setPlace({ by: 'gps', point: { lon, lat, accuracy_m: Math.round(accuracy) }, plate: null, words: position(lon, lat), grid: null })
}

const PIN_ACCURACY_M = 5

/** Takes a pin's place, or an address'. */
export function placeAt(lon: number, lat: number, words?: string): void {
  setPlace({ by: words ? 'address' : 'pin', point: { lon, lat, accuracy_m: words ? 0 : PIN_ACCURACY_M }, plate: null, words: words ?? position(lon, lat), grid: null })
}

/** What a plate stands for; null where the server cannot be asked now.
 *
 * Raises `Problem` for a code that nobody gave out.
 */
export async function askPlate(code: string): Promise<PlateAnswer | null> {
  try {
    return await ask<PlateAnswer>(`/api/v1/plates/${encodeURIComponent(code)}`)
  } catch (cause) {
    if (cause instanceof NoAnswer || (cause instanceof Problem && cause.status >= 500)) return null
    throw cause
  }
}

/** Takes the place of a plate; without a signal its code alone, and the server looks it up later. */
export async function placeByPlate(code: string): Promise<void> {
  const found = await askPlate(code)
  const point = found && found.lon !== null && found.lat !== null ? { lon: found.lon, lat: found.lat, accuracy_m: 0 } : null
  change({ place: { by: 'plate', point, plate: code, words: found?.place || t('phone.place.plate', { code }), grid: found?.grid ?? null } })
}

/** How sure a place is, as the map's corner says it. */
export function accuracyWords(place: Place | null): string {
  if (place?.by === 'gps' && place.point) return t('phone.gps.is', { n: number(place.point.accuracy_m) })
  return t('phone.gps.take')
}
