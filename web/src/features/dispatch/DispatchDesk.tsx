import { computed, effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { incidents, territory } from '../../api/data'
import type { Incident } from '../../api/types'
import { t, type Key } from '../../i18n'
import { gridNumber, moment, number, position } from '../../i18n/format'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { Side } from '../../ui/Side'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { AskForm } from '../place/AskForm'
import { CameraCard } from '../place/CameraCard'
import { forgetPlace } from '../place/located'
import { PlaceCard } from '../place/PlaceCard'
import { deskKeys } from '../shell/keys'
import { PhoneFoot } from '../shell/PhoneFoot'
import { StatusBar } from '../shell/StatusBar'
import { IncidentCard } from './IncidentCard'
import { isClosed, Queue, Sign, StateChip, stateWord } from './Queue'
import { ReportForm, reporting, startReport } from './ReportForm'

const TABS = ['open', 'closed', 'all'] as const
type Tab = (typeof TABS)[number]
const tab = computed<Tab>(() => TABS.find((one) => one === store.filter.value) ?? 'open')
const all = computed(() => incidents.data.value?.incidents ?? [])
const inTab = (one: Incident, which: Tab): boolean => which === 'all' || (which === 'closed') === isClosed(one)
/** Numbers that were on screen when the hand last moved; newer ones wait behind "3 new". */
const settled = signal<Set<string> | null>(null)

const chosen = computed(() => all.value.find((one) => one.no === store.incident.value) ?? null)

function step(by: number): void {
  const rows = all.value.filter((one) => inTab(one, tab.value))
  const at = rows.findIndex((one) => one.no === store.incident.value)
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]
  if (next) store.incident.value = next.no
}

/** A chosen report puts its place on the map and asks who is there. */
function followChoice(): () => void {
  let last: string | null = null
  return effect(() => {
    const one = chosen.value
    if (!one || one.no === last) {
      last = one?.no ?? null
      return
    }
    last = one.no
    store.picking.value = false
    reporting.value = false
    store.place.value = { lon: one.lon, lat: one.lat, accuracy_m: one.accuracy_m }
    store.grid.value = one.grid?.code ?? null
    store.goTo.value = { at: [one.lon, one.lat], zoom: Math.max(store.view.peek()?.zoom ?? 0, 16.5) }
  })
}

function Tabs(): JSX.Element {
  const words: Record<Tab, Key> = { open: 'dispatch.open', closed: 'dispatch.closed', all: 'dispatch.all' }
  return (
    <div class="tabs-row">
      <div class="tabs" role="tablist" aria-label={t('desk.dispatch')}>
      {TABS.map((one) => (
        <button key={one} type="button" role="tab" aria-selected={tab.value === one} onClick={() => (store.filter.value = one === 'open' ? null : one)}>
          {t(words[one])} <span class="chip round">{number(all.value.filter((row) => inTab(row, one)).length)}</span>
        </button>
      ))}
      </div>
      <button type="button" class="button primary new-report" onClick={startReport}>
        <Icon name="plus" />
        {t('dispatch.new')}
      </button>
    </div>
  )
}

const columns = (): Column<Incident>[] => [
  { id: 'no', head: t('dispatch.col.no'), sort: (one) => one.no, cell: (one) => <span class="row"><Sign one={one} /> {one.no}</span> },
  {
    id: 'item',
    head: t('dispatch.col.item'),
    sort: (one) => one.item,
    cell: (one) => (
      <span class="row">
        <span class="strong">{one.item}</span>
        {one.severity === 'critical' && <span class="chip late">{t('dispatch.critical')}</span>}
        {one.demo && <span class="chip outline">{t('dispatch.demo')}</span>}
      </span>
    ),
  },
  { id: 'place', head: t('dispatch.col.place'), cell: (one) => position(one.lon, one.lat) },
  { id: 'grid', head: t('dispatch.col.grid'), sort: (one) => one.grid?.code ?? '', cell: (one) => (one.grid ? `${gridNumber(one.grid.code)} ${one.grid.name ?? ''}` : t('dispatch.noGrid')) },
  { id: 'state', head: t('dispatch.col.state'), sort: (one) => stateWord(one), cell: (one) => <StateChip one={one} /> },
  { id: 'time', head: t('dispatch.col.time'), numeric: true, sort: (one) => one.reported_at, cell: (one) => moment(one.reported_at) },
]

function Reports(): JSX.Element {
  if (incidents.error.value && !incidents.data.value) {
    return (
      <div class="pad">
        <ErrorNote error={incidents.error.value} retry={() => void incidents.load()} />
      </div>
    )
  }
  if (!incidents.data.value) return <Skeleton />
  const waiting = settled.value ? all.value.filter((one) => !settled.value?.has(one.no)) : []
  const rows = all.value.filter((one) => inTab(one, tab.value) && !waiting.includes(one))
  const order = readOrder(store.sort.value, { column: 'time', down: true })
  return (
    <>
      {waiting.length > 0 && (
        <button type="button" class="button new-rows" onClick={() => (settled.value = new Set(all.value.map((one) => one.no)))}>
          {t('dispatch.newRows', { n: number(waiting.length) })}
        </button>
      )}
      {rows.length === 0 && <Empty icon="report" title={t('dispatch.none')} hint={t('dispatch.noneHint')} />}
      {rows.length > 0 && listMode.value && (
        <div class="table-box">
          <DataTable
            id="table"
            caption={t('desk.dispatch')}
            columns={columns()}
            rows={ordered(rows, columns(), order)}
            keyOf={(one) => one.no}
            selected={store.incident.value}
            order={order}
            tall
            onOrder={(next) => (store.sort.value = writeOrder(next))}
            onSelect={(no) => (store.incident.value = no)}
          />
        </div>
      )}
      {rows.length > 0 && !listMode.value && <Queue rows={rows} />}
      <p class="table-foot small muted">{t('dispatch.queueFoot', { n: number(rows.length) })}</p>
    </>
  )
}

function AnswerPanel(): JSX.Element {
  if (reporting.value) return <ReportForm />
  if (chosen.value) return <IncidentCard key={chosen.value.no} one={chosen.value} />
  if (store.place.value) return <PlaceCard docked onReport={startReport} />
  return (
    <>
      {listMode.value && <AskForm />}
      <Empty icon="report" title={t('dispatch.noneChosen')} hint={t('dispatch.noneChosenHint')} />
    </>
  )
}

/** New rows wait while someone reads; what this browser sent itself shows at once. */
function holdNewRows(): () => void {
  return effect(() => {
    const numbers = all.value.map((one) => one.no)
    const before = settled.peek()
    if (!before) {
      if (incidents.data.value) settled.value = new Set(numbers)
      return
    }
    const mine = store.incident.value
    const reading = document.activeElement?.closest('.queue, table') !== null && document.activeElement !== document.body
    const fresh = numbers.filter((no) => !before.has(no))
    if (fresh.length > 0 && (!reading || (mine !== null && fresh.includes(mine)))) settled.value = new Set(numbers)
  })
}

/** Reports as they come, on the map and in the list, each with its answer. */
export function DispatchDesk(): JSX.Element {
  useEffect(() => {
    const stops = [followChoice(), holdNewRows()]
    deskKeys.value = { j: () => step(1), k: () => step(-1), n: startReport }
    return () => {
      deskKeys.value = {}
      store.picking.value = false
      reporting.value = false
      stops.forEach((stop) => stop())
    }
  }, [])
  const panelOpen = reporting.value || chosen.value || store.place.value
  const close = (): void => {
    reporting.value = false
    store.incident.value = null
    forgetPlace()
  }
  return (
    <>
      <h1 class="visually-hidden">{t('desk.dispatch')}</h1>
      <div class={`work dispatch ${store.phoneMap.value ? 'show-map' : ''} ${panelOpen ? 'panel-open' : ''}`}>
        <Side name="dispatch" side="left" usual={380} busy={incidents.loading.value}>
          <Tabs />
          <Reports />
        </Side>
        {!listMode.value && territory.value && (
          <MapPane>
            {store.picking.value && (
              <p class="map-hint card">
                <Icon name="pin" /> {t('map.pick')}
              </p>
            )}
            <div class="cards">
              <CameraCard />
            </div>
          </MapPane>
        )}
        <Side name="dispatch-answer" side="right" usual={408} id="panel" label={t('dispatch.answer')}>
          {panelOpen && (
            <button type="button" class="button quiet panel-back" onClick={close}>
              <Icon name="close" />
              {t('common.close')}
            </button>
          )}
          <AnswerPanel />
        </Side>
      </div>
      <PhoneFoot>
        <button type="button" class="button primary" onClick={startReport}>
          <Icon name="plus" />
          {t('dispatch.new')}
        </button>
      </PhoneFoot>
      <StatusBar />
    </>
  )
}
