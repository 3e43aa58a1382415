import type { JSX } from 'preact'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { planGrids, territory } from '../../api/data'
import { onLayer } from '../../api/events'
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { store } from '../../map/store'
import { Bars, type Bar } from '../../ui/Bars'
import { SelectField } from '../../ui/fields'
import { ErrorNote, Skeleton } from '../../ui/states'
import { filters, setFilters } from './desk'
import { ALL_STATES, CLOSED_STATES, narrowing, OPEN_STATES } from './filters'
import { MonthBars } from './MonthBars'
import { PanelFrame } from './PanelFrame'
import { itemWords } from './words'

type Charted = components['schemas']['ChartOut']
type Which = 'open' | 'closed' | 'all'
const STATES: Record<Which, readonly string[]> = { open: OPEN_STATES, closed: CLOSED_STATES, all: ALL_STATES }

const others = (n: number): Bar[] => (n > 0 ? [{ key: ' others', words: t('intake.others'), n, rest: true }] : [])

function areaWords(code: string): string {
  if (code === '0') return t('dispatch.noArea')
  return planGrids.data.value?.grids.find((grid) => grid.area_code === code)?.area_name ?? code
}

/** What the filters leave, counted by item, month and area; a bar narrows the desk to what it stands for. */
export function Chart(): JSX.Element {
  const which = useSignal<Which>(filters.peek().tab === 'closed' ? 'closed' : 'open')
  const chart = useSignal<Charted | null>(null)
  const failure = useSignal<unknown>(null)
  const chosen = which.value
  const narrow = filters.value
  const area = store.area.value
  useEffect(() => {
    const abort = new AbortController()
    const load = (): void => {
      const asked = { ...narrowing(narrow, new Date()), state: STATES[chosen].join(','), territory: territory.peek()?.id ?? null, area }
      ask<Charted>(`/api/v1/incidents/chart${query(asked)}`, { signal: abort.signal }).then(
        (found) => {
          chart.value = found
          failure.value = null
        },
        (cause: unknown) => {
          if (!abort.signal.aborted) failure.value = cause
        },
      )
    }
    load()
    const stop = onLayer(({ layer }) => layer === 'incidents' && load())
    return () => {
      abort.abort()
      stop()
    }
  }, [chosen, narrow, area])
  const found = chart.value
  const n = t('intake.reports')
  const print = (
    <button type="button" class="button" onClick={() => window.print()}>
      {t('dispatch.handPrint')}
    </button>
  )
  return (
    <PanelFrame title={t('intake.chart')} beside={print}>
      <SelectField id="chart-which" label={t('intake.which')} value={chosen} options={(['open', 'closed', 'all'] as const).map((one) => [one, t(`intake.which.${one}`)])} onChange={(value) => (which.value = value as Which)} />
      {failure.value !== null && <ErrorNote error={failure.value} />}
      {!found && failure.value === null && <Skeleton />}
      {found && (
        <>
          <p role="status">{t('intake.charted', { n: number(found.total) })}</p>
          <Bars
            title={t('intake.byItem')}
            head={[t('dispatch.item'), n]}
            bars={[...found.items.map((one) => ({ key: one.key, words: itemWords({ item: one.words, item_code: one.key }), n: one.n, onPick: () => setFilters({ item: one.key }) })), ...others(found.other_items)]}
          />
          <Bars
            title={t('intake.byArea')}
            head={[t('dispatch.area'), n]}
            bars={[...found.areas.map((one) => ({ key: one.key, words: areaWords(one.key), n: one.n, onPick: one.key === '0' ? undefined : () => void (store.area.value = one.key) })), ...others(found.other_areas)]}
          />
          <MonthBars months={found.months} />
        </>
      )}
    </PanelFrame>
  )
}
