import type { JSX } from 'preact'
import { planGrids } from '../../api/data'
import { t, type Key } from '../../i18n'
import { number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { SearchField, SelectField } from '../../ui/fields'
import { catchFocus } from '../../ui/focus'
import { Icon } from '../../ui/Icon'
import { Menu } from '../../ui/Menu'
import { areaCounts, counts, filters, roles, setFilters, tabNumbers } from './desk'
import { ALL_STATES, CLOCKS, isNarrowed, isShut, tabsOf, TIMES, type ClockFilter, type Tab } from './filters'
import { handing } from './HandOver'
import { panel, type PanelName } from './panels'
import { reporting, startReport } from './ReportForm'
import { saveCsv } from './table'
import { stateWord } from './words'

const isDispatcher = (): boolean => {
  const duties = roles.value.filter((role) => ['dispatcher', 'intake_officer', 'shift_leader', 'inspector', 'handling_unit'].includes(role))
  return duties.length === 1 && duties[0] === 'dispatcher'
}
const tabWords = (one: Tab): Key => (one === 'todo' && isDispatcher() ? 'dispatch.tab.dispatch' : `dispatch.tab.${one}`)

/** Which cases: what waits for me, requests, late ones, all open, closed. */
export function Tabs(): JSX.Element {
  return (
    <div class="tabs-row">
      <div class="tabs" role="tablist" aria-label={t('dispatch.tabs')}>
        {tabsOf(roles.value).map((one) => {
          const n = tabNumbers.value[one]
          return (
            <button key={one} type="button" role="tab" aria-selected={filters.value.tab === one} onClick={() => setFilters({ tab: one, state: null })}>
              {t(tabWords(one))} {typeof n === 'number' && <span class="chip round">{number(n)}</span>}
            </button>
          )
        })}
      </div>
    </div>
  )
}

interface Option {
  id: string | null
  words: string
  n?: number | undefined
}

function Choose(props: { name: string; options: Option[]; chosen: string | null; onChoose: (id: string | null) => void }): JSX.Element {
  const now = props.options.find(({ id }) => id === props.chosen) ?? props.options[0]
  const label = (
    <>
      <span class="ellipsis">{now?.words}</span>
      {now?.n !== undefined && <span class="muted num">{number(now.n)}</span>}
      <Icon name="down" />
    </>
  )
  return (
    <Menu name={props.name} buttonClass="button choice" label={label}>
      {(close) =>
        props.options.map(({ id, words, n }) => (
          <button
            key={id}
            type="button"
            aria-current={id === props.chosen}
            onClick={() => {
              props.onChoose(id)
              close()
            }}
          >
            <span class="grow">{words}</span>
            {n !== undefined && <span class="muted num">{number(n)}</span>}
          </button>
        ))
      }
    </Menu>
  )
}

/** Areas that hold cases, with how many. */
function areaOptions(): Option[] {
  const whole = areaCounts.data.value ?? counts.data.value
  const names = new Map((planGrids.data.value?.grids ?? []).map((grid) => [grid.area_code ?? '', grid.area_name ?? '']))
  const open = Object.entries(whole?.by_area ?? {}).filter(([code]) => code !== '0')
  const options = open.map(([code, n]) => ({ id: code, words: names.get(code) || code, n })).sort((a, b) => b.n - a.n)
  return [{ id: null, words: t('dispatch.allAreas'), n: whole?.total }, ...options]
}

function More(): JSX.Element {
  const { state, clock, item, q } = filters.value
  const active = [state, clock, item, q].filter(Boolean).length
  const label = (
    <>
      <Icon name="filter" />
      {active > 0 && <span class="chip round">{number(active)}</span>}
    </>
  )
  const n = (one: string): string => {
    const many = counts.data.value?.by_state[one]
    return many === undefined ? '' : ` ${number(many)}`
  }
  return (
    <Menu name={t('dispatch.filter')} buttonClass="button choice" label={label} align={listMode.value ? 'right' : 'left'}>
      {() => (
        <div class="filter-fields stack" onKeyDown={(event) => event.key.startsWith('Arrow') && event.stopPropagation()}>
          <SearchField id="filter-q" label={t('dispatch.filterWords')} maxLength={100} value={q} onSettle={(words) => setFilters({ q: words })} />
          <SearchField id="filter-item" label={t('dispatch.filterItem')} maxLength={120} value={item} onSettle={(words) => setFilters({ item: words })} />
          <SelectField
            id="filter-state"
            label={t('dispatch.filterState')}
            value={state ?? ''}
            options={[['', t('dispatch.any')], ...ALL_STATES.map((one) => [one, stateWord({ state: one }) + n(one)] as const)]}
            onChange={(value) => setFilters({ state: value || null, tab: !value ? filters.peek().tab : isShut(value) ? 'closed' : 'open' })}
          />
          <SelectField
            id="filter-clock"
            label={t('dispatch.filterClock')}
            value={clock ?? ''}
            options={[['', t('dispatch.any')], ...CLOCKS.map((one) => [one, `${t(`dispatch.clock.${one}`)} ${number(counts.data.value?.by_clock[one] ?? 0)}`] as const)]}
            onChange={(value) => setFilters({ clock: (value || null) as ClockFilter | null })}
          />
        </div>
      )}
    </Menu>
  )
}

const TOOLS: readonly { name: PanelName; icon: string; words: Key; roles: readonly string[] }[] = [
  { name: 'chart', icon: 'report', words: 'intake.chart', roles: [] },
  { name: 'import', icon: 'list', words: 'intake.file', roles: ['planner', 'intake_officer'] },
  { name: 'plates', icon: 'qr', words: 'intake.plates', roles: ['planner', 'intake_officer', 'dispatcher', 'camera_administrator'] },
]

function openPanel(name: PanelName): void {
  handing.value = false
  reporting.value = false
  store.picking.value = false
  panel.value = name
}

/** What the desk does beside cases. */
function Tools(): JSX.Element {
  const mine = TOOLS.filter((one) => one.roles.length === 0 || one.roles.some((role) => roles.value.includes(role)))
  return (
    <Menu name={t('intake.more')} called="icon" buttonClass="button icon-only" label={<Icon name="more" />} align="right">
      {(close) =>
        mine.map(({ name, icon, words }) => (
          <button
            key={name}
            type="button"
            onClick={() => {
              close()
              openPanel(name)
            }}
          >
            <Icon name={icon} />
            <span class="grow">{t(words)}</span>
          </button>
        ))
      }
    </Menu>
  )
}

/** Area, time and the rest of the filters; each says how many fit. */
export function FilterBar(): JSX.Element {
  const { time } = filters.value
  const times = TIMES.map((one) => ({ id: one, words: t(`dispatch.time.${one}`), n: one === time ? counts.data.value?.total : undefined }))
  return (
    <div class="row wrap desk-filters">
      <Choose name={t('dispatch.area')} options={areaOptions()} chosen={store.area.value} onChoose={(id) => (store.area.value = id)} />
      <Choose name={t('dispatch.time')} options={times} chosen={time} onChoose={(id) => setFilters({ time: TIMES.find((one) => one === id) ?? 'all' })} />
      <More />
      {filters.value.box && (
        <button type="button" class="chip outline in-box" aria-label={t('dispatch.boxClear')} onClick={() => setFilters({ box: null })}>
          {t('dispatch.inBox')} <Icon name="close" />
        </button>
      )}
      {listMode.value && (
        <button type="button" class="button" onClick={saveCsv}>
          <Icon name="download" />
          {t('dispatch.csv')}
        </button>
      )}
      <span class="row desk-tools">
        <Tools />
        <button type="button" class="button icon-only new-report" aria-label={t('dispatch.new')} data-tip={`${t('dispatch.new')}  N`} onClick={startReport}>
          <Icon name="plus" />
        </button>
      </span>
    </div>
  )
}

/** Takes all filters away but the tab. */
export function clearFilters(): void {
  store.area.value = null
  setFilters({ state: null, time: 'all', clock: null, item: '', q: '', box: null })
  // the button goes with what it cleared
  catchFocus('[role="tab"][aria-selected="true"]')
}
export const narrowed = (): boolean => isNarrowed(filters.value, store.area.value)
