import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { plan, planGrids, planId, plans, territory } from '../../api/data'
import type { Grid, PlanGrids } from '../../api/types'
import { lang, t, type Key } from '../../i18n'
import { clock, number, signed } from '../../i18n/format'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { ordered, readOrder, type Order } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { JobBar } from '../../ui/JobBar'
import { Kpi } from '../../ui/Kpi'
import { Side } from '../../ui/Side'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { CameraCard } from '../place/CameraCard'
import { PlaceCard } from '../place/PlaceCard'
import { deskBack, deskKeys } from '../shell/keys'
import { smallScreen } from '../shell/width'
import { PhoneFoot } from '../shell/PhoneFoot'
import { StatusBar } from '../shell/StatusBar'
import { Balance } from './Balance'
import { gridColumns } from './columns'
import { PlannerDialogs, proposing, renaming } from './Dialogs'
import { edits, savedAt } from './edits'
import { EditCards, LiveFigures, Told } from './edit/Cards'
import { ConflictScreen } from './edit/ConflictScreen'
import { EditPanel } from './edit/EditPanel'
import { HistoryButtons } from './edit/HistoryButtons'
import { startEditKeys } from './edit/keyboard'
import { change as changeOf, liveGrids, pinned } from './edit/live'
import { figuresMs, mode, saving } from './edit/state'
import { ToolRail, toolKeys } from './edit/ToolRail'
import { startTools, stepBack, toggleLock } from './edit/tools'
import './life'
import { comment } from './life/commenting'
import { LifePrimary } from './life/Actions'
import { CheckPanel, openLines } from './life/CheckPanel'
import { ImportPanel } from './life/ImportPanel'
import { importing, person } from './life/life'
import { MissingPlan } from './life/MissingPlan'
import { PlanPicker } from './life/PlanPicker'
import { StatusChip } from './life/StatusChip'
import { PlanWords } from './life/PlanWords'
import { SentBack } from './life/SentBack'
import { QualityPanel } from './QualityPanel'
import { Selected, StoreTable, Tabs } from './parts'
import { Presence } from './Presence'
import { slots, tab, tabsOf, type Tab } from './slots'
import { NetsButton } from './nets/NetsDialog'
import { NetsOfGrid } from './nets/NetsOfGrid'
import { WaterPanel } from './water/WaterPanel'

const WORST_FIRST: Order = { column: 'deviation', down: true }
function Header(): JSX.Element {
  const it = plan.value
  const data = planGrids.data.value
  return (
    <div class="deskbar">
      <h1 class="visually-hidden">{t('desk.planner')}</h1>
      <PlanPicker />
      {it && <StatusChip status={it.status} />}
      {it && (
        <span class="small muted wide-only ellipsis">
          <PlanWords of={it} />
        </span>
      )}
      <HistoryButtons />
      {savedAt.value && (
        <span class="small muted wide-only saved">
          {t('planner.saved', { t: clock(savedAt.value) })} · {t(edits.value === 1 ? 'edit.edit' : 'edit.edits', { n: number(edits.value) })}
        </span>
      )}
      <span class="grow" />
      <Presence />
      {it && !person.value.limited && <NetsButton />}
      {it && !person.value.limited && (
        <button type="button" class="button edit-only" onClick={() => (proposing.value = true)}>
          <Icon name="sparkle" />
          {t('planner.propose')}
        </button>
      )}
      {data && slots.header.map((Part, k) => <Part key={k} data={data} />)}
      {data && <LifePrimary data={data} />}
    </div>
  )
}

function SelectedGrid({ grid }: { grid: Grid }): JSX.Element {
  const actions = (
    <>
      <button type="button" class="button foldable edit-only" onClick={() => (renaming.value = grid)}>
        <Icon name="edit" />
        <span>{t('planner.rename')}</span>
      </button>
      <button type="button" class="button foldable edit-only" aria-pressed={Boolean(grid.locked)} onClick={toggleLock}>
        <Icon name="lock" />
        <span>{t(grid.locked ? 'planner.unlock' : 'planner.lock')}</span>
      </button>
    </>
  )
  return (
    <Selected label={t('grid.grid')} code={grid.code} name={grid.name || grid.area_name} bbox={grid.bbox} actions={actions}>
      <p class="small second">
        {number(grid.households)} {t('unit.households')} · {signed(grid.deviation)} % · {t('grid.head')} {grid.head?.work_no ?? t('grid.vacant')}
      </p>
      {plan.value && <NetsOfGrid plan={plan.value} grid={grid} />}
    </Selected>
  )
}

function Figures({ data }: { data: PlanGrids }): JSX.Element {
  const inBand = data.grids.filter((grid) => Math.abs(grid.deviation ?? 0) <= data.tolerance).length
  const households = data.grids.reduce((all, grid) => all + grid.households, 0)
  const worst = data.grids.reduce((most, grid) => (Math.abs(grid.deviation ?? 0) > Math.abs(most) ? (grid.deviation ?? 0) : most), 0)
  return (
    <dl class="kpis">
      <Kpi name={t('planner.inBand', { n: number(data.tolerance * 100) })} value={t('planner.inBandOf', { a: number(inBand), b: number(data.grids.length) })} />
      <Kpi
        name={t('grid.households')}
        value={
          <>
            {number(households)} <span class="small muted">{t('planner.est')}</span>
          </>
        }
      />
      <Kpi name={t('planner.mean')} value={number(data.mean_households, 1)} />
      <Kpi name={t('planner.max')} value={`${signed(worst)} %`} />
    </dl>
  )
}

/** Households, and beside them what the hand adds or takes. */
function householdsCell(grid: Grid): JSX.Element {
  const delta = changeOf(grid.id, grid.households)
  return (
    <>
      {number(grid.households)} {delta !== 0 && <span class="delta">{(delta > 0 ? '+' : '') + number(delta)}</span>}
    </>
  )
}

function Panel({ data }: { data: PlanGrids }): JSX.Element {
  const order = readOrder(store.sort.value, WORST_FIRST)
  const columns = gridColumns(data, listMode.value).map((column) => (column.id === 'households' ? { ...column, cell: householdsCell } : column))
  const rows = useMemo(() => {
    const sorted = ordered(data.grids, columns, order)
    const first = pinned.value
    return first.size ? [...sorted.filter((grid) => first.has(grid.code)), ...sorted.filter((grid) => !first.has(grid.code))] : sorted
  }, [data, pinned.value, order.column, order.down, lang.value, listMode.value])
  const open = openLines(data)
  const selected = data.grids.find((grid) => grid.code === store.grid.value)
  const own: Tab[] = [
    { id: 'grids', name: t('grid.grids'), count: data.grids.length },
    { id: 'check', name: t('planner.check'), count: open.length, tone: open.some((line) => line.bad) ? 'late' : open.length ? 'warn' : '' },
    { id: 'quality', name: t('quality.title') },
  ]
  return (
    <>
      <Tabs tabs={tabsOf(own, data)} now={tab.value} />
      <JobBar others={['improve']} />
      <p class="note info narrow-note">{t('edit.look')}</p>
      {tab.value === 'quality' && <QualityPanel />}
      {tab.value === 'grids' && (
        <>
          <EditPanel />
          <SentBack />
          <Figures data={data} />
          <Balance data={data} />
          {selected && mode.value.tool === 'select' && <SelectedGrid grid={selected} />}
          <div class="table-box">
            <StoreTable caption={`${data.plan.name}: ${t('grid.grids')}`} columns={columns} rows={rows} codeOf={(grid) => grid.code} order={order} pinned={pinned.value} />
          </div>
        </>
      )}
      {tab.value === 'check' && (
        <div class="check-tab">
          {selected && <SelectedGrid grid={selected} />}
          <CheckPanel data={data} />
        </div>
      )}
      {slots.tabs.map((one) => tab.value === one.id && <one.body key={one.id} data={data} />)}
    </>
  )
}

function Nothing(): JSX.Element {
  if (plans.error.value ?? planGrids.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={plans.error.value ?? planGrids.error.value} retry={() => void plans.load().then(() => planGrids.load())} />
      </div>
    )
  }
  if (plans.data.value === null || planId.value) return <Skeleton />
  return (
    <>
      <JobBar />
      <Empty title={t('planner.none')} hint={t('planner.noneHint')}>
        <p class="note info narrow-note">{t('edit.look')}</p>
        {!person.value.limited && (
          <>
            <button type="button" class="button primary edit-only" onClick={() => (proposing.value = true)}>
              {t('planner.propose')}
            </button>
            <button type="button" class="button edit-only" onClick={() => (importing.value = true)}>
              {t('life.import')}
            </button>
          </>
        )}
      </Empty>
    </>
  )
}

/** Keys of the tool in hand, and what its figures cost. */
function statusOf(): { note?: string; keys?: [string, Key][] } {
  const { tool } = mode.value
  if (tool === 'select') return {}
  const ms = figuresMs.value
  const keys: [string, Key][] = [
    ...(tool === 'border' ? ([[t('edit.keys.hand'), 'edit.keys.drag'], ['Shift', 'edit.keys.noSnap']] as [string, Key][]) : []),
    ['Enter', 'edit.keys.keep'],
    ['Esc', 'edit.keys.back'],
    ['Ctrl Z', 'edit.keys.undo'],
    ['?', 'keys.sheet'],
  ]
  const note = saving.value ? t('edit.saving') : ms !== null ? t('edit.figures', { ms: number(Math.max(ms, 0.1), ms < 1 ? 1 : 0) }) : undefined
  return note ? { note, keys } : { keys }
}

function rename(): void {
  if (smallScreen.value) return
  renaming.value = planGrids.data.value?.grids.find((grid) => grid.code === store.grid.value) ?? null
  if (!renaming.value) toast(t('edit.selectFirst'))
}

/** The table of grids, which may stand behind another tab. */
function toTable(): void {
  tab.value = 'grids'
  // once the tab is drawn, before the next key
  void Promise.resolve().then(() => document.querySelector<HTMLElement>('table tbody tr[tabindex="0"]')?.focus())
}

/** Grids of a plan, in balance or not, beside their map. */
export function PlannerDesk(): JSX.Element {
  const data = planGrids.data.value
  useEffect(() => {
    deskKeys.value = {
      c: comment,
      ...toolKeys,
      e: rename,
      '2': toTable,
    }
    deskBack.value = stepBack
    const stops = [startTools(), startEditKeys()]
    return () => {
      stops.forEach((stop) => stop())
      deskKeys.value = {}
      deskBack.value = null
    }
  }, [])
  return (
    <>
      <Header />
      <div class={`work planner ${store.phoneMap.value ? 'show-map' : ''}`}>
        {data && <ToolRail />}
        {!listMode.value && territory.value && (
          <MapPane>
            <EditCards />
            <div class="cards">
              <PlaceCard />
              <CameraCard />
              {data && slots.cards.map((Part, k) => <Part key={k} data={data} />)}
            </div>
            {data && slots.map.map((Part, k) => <Part key={k} data={data} />)}
          </MapPane>
        )}
        <Side name="planner" side="right" usual={440} id="panel" busy={planGrids.loading.value}>
          <MissingPlan />
          {importing.value ? <ImportPanel /> : data?.plan.kind === 'water' ? <WaterPanel data={data} /> : data ? <Panel data={liveGrids.value ?? data} /> : <Nothing />}
          {listMode.value && <EditCards />}
        </Side>
      </div>
      <PlannerDialogs />
      <ConflictScreen />
      <LiveFigures />
      <Told />
      {data && slots.overlays.map((Part, k) => <Part key={k} data={data} />)}
      <PhoneFoot />
      <StatusBar {...statusOf()} />
    </>
  )
}
