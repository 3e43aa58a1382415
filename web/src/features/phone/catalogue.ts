/** The catalogue of what can be reported: kept on the phone, so that it is searched without a signal too. */
import { signal } from '@preact/signals'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import type { components } from '../../api/schema'
import { lang } from '../../i18n'
import { keep, kept } from './queue/store'

/** What the phone reads of an item; `terms` are other names, pinyin and initials. */
export type Item = Pick<components['schemas']['CatalogueItemOut'], 'code' | 'name_en' | 'name_zh' | 'severity' | 'self_handling' | 'terms'>

export const items = signal<Item[]>([])
/** Codes of items that were reported from this phone, newest first. */
export const recent = signal<string[]>([])
const MOST = 8
const MOST_RECENT = 4

/** The name of an item in the language on screen. */
export const nameOf = (one: Item): string => (lang.value === 'zh' ? one.name_zh : one.name_en)

/** What a case is about: its item in the language on screen, else the words it was reported with. */
export function caseItem({ item, item_code }: { item: string; item_code: string | null }): string {
  const known = item_code === null ? undefined : items.value.find((one) => one.code === item_code)
  return (known && nameOf(known)) || item
}

/** Fetches the catalogue; without an answer the one that is kept serves. */
export async function loadItems(): Promise<void> {
  recent.value = (await kept<string[]>('kept', 'recent items').catch(() => null)) ?? []
  try {
    items.value = (await ask<{ items: Item[] }>(`/api/v1/catalogue/items${query({ territory: territory.peek()?.id })}`)).items
    await keep('kept', 'catalogue', items.value).catch(() => undefined)
  } catch {
    items.value = (await kept<Item[]>('kept', 'catalogue').catch(() => null)) ?? items.value
  }
}

/** How well an item fits what was typed: 0 at the beginning of a name, more further on, none without. */
export function fit(one: Item, typed: string): number | null {
  const sought = typed.trim().toLowerCase()
  const names = [one.name_en, one.name_zh, one.code, ...one.terms].map((name) => name.toLowerCase())
  if (names.some((name) => name.startsWith(sought))) return 0
  if (names.some((name) => name.split(/[\s,()（），-]+/).some((word) => word.startsWith(sought)))) return 1
  return names.some((name) => name.includes(sought)) ? 2 : null
}

/** The items on the phone that fit what was typed, best first. */
export function fitting(all: readonly Item[], typed: string): Item[] {
  if (!typed.trim()) return []
  const fits = all.flatMap((one) => {
    const rank = fit(one, typed)
    return rank === null ? [] : [{ one, rank }]
  })
  return fits.sort((a, b) => a.rank - b.rank).slice(0, MOST).map(({ one }) => one)
}

/** Finds items: on the phone, and at the server, which knows pinyin and other names better. */
export async function findItems(typed: string, abort: AbortSignal): Promise<Item[]> {
  const local = fitting(items.value, typed)
  if (!typed.trim()) return []
  try {
    const found = (await ask<{ items: Item[] }>(`/api/v1/catalogue/items${query({ q: typed.trim(), limit: MOST, territory: territory.peek()?.id })}`, { signal: abort })).items
    return found.length ? found.slice(0, MOST) : local
  } catch (cause) {
    if (abort.aborted) throw cause
    return local
  }
}

/** The items under the field: what was reported last, else the first everyday ones. */
export function usual(all: readonly Item[], lately: readonly string[]): Item[] {
  const known = lately.flatMap((code) => all.find((one) => one.code === code) ?? [])
  const more = all.filter((one) => one.self_handling && !known.includes(one))
  return [...known, ...more].slice(0, 3)
}

/** Remembers an item that was reported. */
export async function remember(code: string): Promise<void> {
  recent.value = [code, ...recent.value.filter((one) => one !== code)].slice(0, MOST_RECENT)
  await keep('kept', 'recent items', recent.value).catch(() => undefined)
}
