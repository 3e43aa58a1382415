import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import { onLayer } from '../../api/events'
import type { Counts } from '../../api/types'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { mapOnScreen } from '../../map/engine'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { filters, mapFollows, setFilters, setMapFollows } from './desk'
import { OPEN_STATES } from './filters'

const REST_MS = 500
/** Further out the map shows cells, and the count would be of everything. */
const COUNT_FROM = 11
const DIGITS = 5

/** How many open cases lie on the map; null where nobody asked or knows. */
const here = signal<number | null>(null)
let asking: AbortController | null = null

/** What the map shows, as the server reads it. */
function boxOfMap(): string | null {
  const map = mapOnScreen.peek()
  if (!map) return null
  const box = map.getBounds()
  return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((degrees) => degrees.toFixed(DIGITS)).join(',')
}

async function count(): Promise<void> {
  asking?.abort()
  const mine = new AbortController()
  asking = mine
  const box = boxOfMap()
  if (!box || (store.view.peek()?.zoom ?? 0) < COUNT_FROM) {
    here.value = null
    return
  }
  try {
    const asked = { bbox: box, state: OPEN_STATES.join(','), territory: territory.peek()?.id }
    const found = await ask<Counts>(`/api/v1/incidents/counts${query(asked)}`, { signal: mine.signal })
    if (asking === mine) here.value = found.total
  } catch {
    if (asking === mine) here.value = null
  }
}

/** Whether the map follows the queue, and the queue narrowed to what the map shows. */
export function SearchArea(): JSX.Element {
  const view = store.view.value
  const ready = mapOnScreen.value !== null
  useEffect(() => {
    const timer = setTimeout(() => void count(), REST_MS)
    return () => clearTimeout(timer)
  }, [view?.lon, view?.lat, view?.zoom, ready])
  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined
    const stop = onLayer(({ layer }) => {
      if (layer !== 'incidents') return
      clearTimeout(due)
      due = setTimeout(() => void count(), REST_MS)
    })
    return () => {
      clearTimeout(due)
      stop()
      asking?.abort()
    }
  }, [])
  const inBox = filters.value.box !== null
  const words = here.value === null ? t('dispatch.searchArea') : t('dispatch.searchAreaOpen', { n: number(here.value) })
  return (
    <div class="map-hint card search-area" role="group" aria-label={t('dispatch.searchArea')}>
      <label class="follow-map">
        <input type="checkbox" checked={mapFollows.value} onChange={(event) => setMapFollows(event.currentTarget.checked)} />
        {t('dispatch.follows')}
      </label>
      <span class="rule-v" />
      <button type="button" class="link" onClick={() => setFilters({ box: boxOfMap(), tab: filters.peek().tab === 'todo' ? 'open' : filters.peek().tab })}>
        {words}
      </button>
      {inBox && (
        <button type="button" class="button quiet icon-only" aria-label={t('dispatch.boxClear')} onClick={() => setFilters({ box: null })}>
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}
