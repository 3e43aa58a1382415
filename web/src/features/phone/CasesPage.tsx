import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { onLayer } from '../../api/events'
import type { Incident } from '../../api/types'
import { t, tOr, type Key } from '../../i18n'
import { moment, number, position, shortClock } from '../../i18n/format'
import { ClockRing } from '../../ui/ClockRing'
import { clockOfCase, clockWords } from '../../ui/clocks'
import { Icon } from '../../ui/Icon'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { filter, FILTERS, here, listed, listFailure, loadCases, type Filter } from './cases'
import { caseItem } from './catalogue'
import { askPlate, gridWords } from './places'
import { onArrival, waiting } from './queue/outbox'
import { addressOf } from './route'
import { Scan } from './Scan'

const TICK_MS = 20_000
const SETTLE_MS = 500

/** The time, moving on while the page is open. */
export function useNow(): Date {
  const [now, setNow] = useState(new Date())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** Calls back when cases changed at the server or something of this phone arrived there. */
export function useChanges(load: () => void, ...on: unknown[]): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = (): void => {
      clearTimeout(timer)
      timer = setTimeout(load, SETTLE_MS)
    }
    load()
    const stops = [onLayer(({ layer }) => void (layer === 'incidents' && soon())), onArrival(soon)]
    addEventListener('online', soon)
    return () => {
      clearTimeout(timer)
      removeEventListener('online', soon)
      stops.forEach((stop) => stop())
    }
  }, on)
}

/** The word of a state in the language on screen. */
export const stateWords = (state: string): string => tOr(`state.${state.toLowerCase()}`, state)

/** Where a case is: its grid, else its point. */
export function caseWhere({ grid, lon, lat }: Incident): string {
  if (grid) return gridWords(grid)
  return lon !== null && lat !== null ? position(lon, lat) : t('phone.case.nowhere')
}

function CaseRow({ one, now }: { one: Incident; now: Date }): JSX.Element {
  const clock = clockOfCase(one, now)
  const queued = waiting.value.some((entry) => entry.no === one.no)
  const due = one.due_at ? t(Date.parse(one.due_at) < now.getTime() ? 'phone.case.wasDue' : 'phone.case.due', { t: moment(one.due_at) }) : ''
  return (
    <li>
      <a class="case-row" href={addressOf('cases', one.no)}>
        {clock ? <ClockRing share={clock.share} colour={clock.colour} /> : <span class="no-clock" aria-hidden="true" />}
        <span class="grow">
          <span class="phone-title block">{caseItem(one)}</span>
          <span class="second block">
            {caseWhere(one)} · <span class="nowrap">{one.no}</span>
          </span>
          <span class="muted phone-small block">{queued ? t('phone.case.queued') : [stateWords(one.state), due].filter(Boolean).join(' · ')}</span>
        </span>
        <span class={`clock-words ${clock?.colour ?? ''}`}>{clockWords(clock, now)}</span>
      </a>
    </li>
  )
}

const choose = (which: Filter): void => {
  filter.value = which
  listed.value = null
  void loadCases()
}

/** Cases that wait for whoever holds the phone. */
export function CasesPage(): JSX.Element {
  const now = useNow()
  const [scanning, setScanning] = useState(false)
  useChanges(() => void loadCases())
  const list = listed.value
  const find = async (code: string): Promise<void> => {
    const found = await askPlate(code)
    if (!found?.grid) throw new Error(t(found ? 'phone.scan.noGrid' : 'error.unreachable'))
    here.value = { grid: found.grid.code, words: gridWords(found.grid) }
    choose('place')
  }
  return (
    <div class="phone-list">
      <div class="phone-filters" role="group" aria-label={t('phone.cases.which')}>
        {FILTERS.filter((one) => one !== 'place' || here.value).map((one) => (
          <button key={one} type="button" class="button" aria-pressed={filter.value === one} onClick={() => choose(one)}>
            {one === 'place' ? here.value?.words : t(`phone.cases.${one}` as Key)}
            {filter.value === one && list && <span class="chip round">{number(list.cases.length)}</span>}
          </button>
        ))}
      </div>
      {list?.remembered && <p class="note info pad">{t('phone.cases.remembered', { t: shortClock(new Date(list.at)) })}</p>}
      {listFailure.value !== null && (
        <div class="pad">
          <ErrorNote error={listFailure.value} retry={() => void loadCases()} />
        </div>
      )}
      {!list && listFailure.value === null && <Skeleton />}
      {list?.cases.length === 0 && <Empty icon="check" title={t('phone.cases.none')} hint={t('phone.cases.noneHint')} />}
      <ul aria-label={t('phone.nav.cases')}>
        {(list?.cases ?? []).map((one) => (
          <CaseRow key={one.no} one={one} now={now} />
        ))}
      </ul>
      <div class="phone-block bare">
        <button type="button" class="button phone-wide" onClick={() => setScanning(true)}>
          <Icon name="qr" />
          {t('phone.cases.scan')}
        </button>
      </div>
      {scanning && <Scan onCode={find} onClose={() => setScanning(false)} />}
    </div>
  )
}
