/** A case in words. */
import { computed } from '@preact/signals'
import { isOver, type Incident } from '../../api/types'
import { t, tOr, type Key } from '../../i18n'
import { gridNumber } from '../../i18n/format'
import { items, nameOf } from '../phone/catalogue'

const byCode = computed(() => new Map(items.value.map((one) => [one.code, one])))

/** What a case is about: the catalogue's name in the language on screen, else the words of whoever reported. */
export function itemWords(one: { item: string; item_code?: string | null }): string {
  const known = one.item_code ? byCode.value.get(one.item_code) : undefined
  return known ? nameOf(known) : one.item
}

export const isClosed = (one: Incident): boolean => isOver(one.state)
/** The word of a state in the language on screen. */
export const stateWord = (one: { state: string }): string => tOr(`state.${one.state.toLowerCase()}`, one.state)
/** The request that waits, or the state. */
export const standWord = (one: Incident): string => (one.pending ? t(`dispatch.asked.${one.pending}` as Key) : stateWord(one))

/** The grid by its number, both where the border leaves it open; nothing outside every grid. */
export const gridWords = (one: Pick<Incident, 'grid' | 'alt_grid'>): string =>
  [one.grid, one.alt_grid].flatMap((grid) => (grid ? gridNumber(grid.code) : [])).join(' / ')

/** Where a case is, in a few words. */
export function placeWords(one: Incident): string {
  if (one.lon === null) return t('dispatch.notLocated')
  if (!one.grid) return t('dispatch.outside')
  const name = one.grid.name ? ` · ${one.grid.name}` : ''
  return `${t('grid.grid')} ${gridWords(one)}${name}`
}

/** The last figures of a report's number, as people say it. */
export const shortNo = (no: string): string => no.replace(/^\d{4}-?\d{2}-/, '')
