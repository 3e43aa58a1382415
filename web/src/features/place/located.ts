/** "What is here": one question, one answer, for a click, a search hit or a report. */
import { effect, signal } from '@preact/signals'
import { call } from '../../api/client'
import type { Located } from '../../api/types'
import { store, type Place } from '../../map/store'

export const located = signal<Located | null>(null)
export const locatedError = signal<Error | null>(null)
export const locatedMs = signal<number | null>(null)
export const locating = signal(false)

let current: AbortController | null = null

/** The point of an answer. */
export function pointOf(answer: Located): { lon: number; lat: number } | null {
  const { point } = answer
  return point && { lon: point.lon, lat: point.lat }
}

/** Asks what is at a place (or address, camera, grid); the answer of an older question is dropped. */
export async function locate(question: Record<string, unknown>): Promise<Located | null> {
  current?.abort()
  const mine = new AbortController()
  current = mine
  locating.value = true
  try {
    const answer = await call<Located>('/api/v1/locate', { method: 'POST', body: question, signal: mine.signal })
    if (current !== mine) return null
    located.value = answer.data
    locatedMs.value = answer.ms
    locatedError.value = null
    return answer.data
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') return null
    locatedError.value = cause as Error
    located.value = null
    return null
  } finally {
    if (current === mine) locating.value = false
  }
}

/** Asks about the place of the store. */
export async function askHere(): Promise<void> {
  const place = store.place.peek()
  if (!place) return
  const { lon, lat, accuracy_m } = place
  await locate(accuracy_m ? { lon, lat, accuracy_m } : { lon, lat })
}

let known: Place | null = null

/** Puts a place on screen that is answered already: nobody is asked again. */
export function placeAnswered(place: Place, answer: Located, ms: number): void {
  current?.abort()
  known = place
  store.place.value = place
  located.value = answer
  locatedMs.value = ms
  locatedError.value = null
}

/** Forgets the place. */
export function forgetPlace(): void {
  current?.abort()
  store.place.value = null
  located.value = null
  locatedError.value = null
}

/** A place that is set anywhere is asked about once. */
export function startPlaces(): () => void {
  return effect(() => {
    if (store.place.value && store.place.value !== known && !store.picking.peek()) void askHere()
  })
}
