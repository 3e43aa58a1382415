import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { planGrids, planId } from '../../../api/data'
import type { PlanGrids } from '../../../api/types'
import { lang, t, tOr } from '../../../i18n'
import { distance, gridNumber, number, signed } from '../../../i18n/format'
import { layerShown, listMode, showLayer, store } from '../../../map/store'
import { ordered, readOrder, type Order } from '../../../ui/DataTable'
import { JobBar } from '../../../ui/JobBar'
import { Kpi } from '../../../ui/Kpi'
import { ErrorNote, Skeleton } from '../../../ui/states'
import { AllClear, FindingRow, Selected, StoreTable, Tabs, type Finding } from '../parts'
import { QualityPanel } from '../QualityPanel'
import { slots, tab, tabsOf, type Tab } from '../slots'
import { reachColumns } from './columns'
import { Rivers } from './Rivers'
import { landWords, planReaches, planRivers, type PlanReaches, type Reach } from './water'

const LAYER = 'river_reaches'
const WORST_FIRST: Order = { column: 'deviation', down: true }

function Figures({ data }: { data: PlanReaches }): JSX.Element {
  const metres = data.reaches.reduce((all, reach) => all + reach.length_m, 0)
  const fit = data.reaches.filter((reach) => reach.fits).length
  const rivers = planRivers.data.value
  return (
    <dl class="kpis">
      <Kpi name={t('water.inBand', { n: number(data.tolerance * 100) })} value={t('planner.inBandOf', { a: number(fit), b: number(data.reaches.length) })} />
      <Kpi name={t('water.total')} value={distance(metres)} />
      <Kpi name={t('water.mean')} value={distance(data.reaches.length ? metres / data.reaches.length : null)} />
      <Kpi name={t('water.posts')} value={rivers ? t('planner.inBandOf', { a: number(rivers.filled), b: number(rivers.posts) }) : '–'} />
    </dl>
  )
}

function SelectedReach({ reach }: { reach: Reach }): JSX.Element {
  return (
    <Selected label={t('water.reach')} code={reach.code} name={reach.river || t('water.noRiver')} bbox={reach.bbox}>
      <p class="small second">
        {distance(reach.length_m)} · {signed(reach.deviation)} % · {t('water.warden')} {reach.head?.work_no ?? t('water.vacant')}
      </p>
      <p class="small second">
        {t('water.landGrids')}:{' '}
        {reach.land_grids.length
          ? reach.land_grids.map((each) => `${gridNumber(each.code)} (${number(100 * each.share)} %)`).join(', ')
          : t('water.noLand')}
      </p>
      {reach.unfit_reason && (
        <p class="small second">
          {t('water.why')}: {tOr(`water.why.${reach.unfit_reason}`, reach.unfit_reason)}
        </p>
      )}
    </Selected>
  )
}

/** What there is to mend: lengths that are off, and reaches without a warden. */
export function reachFindings(data: PlanReaches): Finding[] {
  return data.reaches.flatMap(({ code, river, fits, deviation, unfit_reason, head }) => {
    const of = { code, name: river ?? '', bad: false }
    const found: Finding[] = []
    if (!fits) found.push({ ...of, key: `${code} length`, words: `${signed(deviation)} %: ${tOr(`water.why.${unfit_reason}`, unfit_reason)}` })
    if (!head) found.push({ ...of, key: `${code} head`, words: t('water.vacant') })
    return found
  })
}

function Check({ list }: { list: Finding[] }): JSX.Element {
  if (list.length === 0) return <AllClear words={t('planner.allClear')} />
  return (
    <ul class="checks check-list">
      {list.map((one) => (
        <FindingRow key={one.key} of={one} current={store.grid.value === one.code} onGo={() => (store.grid.value = one.code)} />
      ))}
    </ul>
  )
}

function Reaches({ data }: { data: PlanReaches }): JSX.Element {
  const order = readOrder(store.sort.value, WORST_FIRST)
  const columns = reachColumns(data, listMode.value)
  const rows = useMemo(() => ordered(data.reaches, columns, order), [data, order.column, order.down, lang.value, listMode.value])
  const words = (reach: Reach): string =>
    t('water.selected', {
      n: gridNumber(reach.code),
      river: reach.river || t('water.noRiver'),
      metres: distance(reach.length_m),
      land: landWords(reach),
      warden: reach.head?.work_no ?? t('water.vacant'),
    })
  return (
    <div class="table-box">
      <StoreTable caption={t('water.caption', { name: data.plan.name })} columns={columns} rows={rows} codeOf={(reach) => reach.code} order={order} rowLabel={words} />
    </div>
  )
}

/** Reaches and rivers of a water plan beside the map; a reach and its warden's grid have one code and one selection. */
export function WaterPanel({ data: grids }: { data: PlanGrids }): JSX.Element {
  const data = planReaches.data.value
  useEffect(() => {
    void planReaches.load()
    void planRivers.load()
    // heads and names come with the grids: whatever changed them changed the reaches
  }, [planId.value, planGrids.data.value])
  useEffect(() => {
    const asked = store.layerChoice.peek().some((name) => name === LAYER || name === `-${LAYER}`)
    if (!asked && !layerShown(LAYER, false)) showLayer(LAYER, true, false)
  }, [])
  if (planReaches.error.value) return <ErrorNote error={planReaches.error.value} retry={() => void planReaches.load()} />
  if (!data || data.plan.id !== grids.plan.id) return <Skeleton />
  const list = reachFindings(data)
  const selected = data.reaches.find((reach) => reach.code === store.grid.value)
  const hung = slots.tabs.filter((one) => one.shown?.() ?? true)
  // the tabs of other kinds of plans mean nothing here
  const now = ['rivers', 'check', 'quality', ...hung.map((one) => one.id)].includes(tab.value) ? tab.value : 'reaches'
  const own: Tab[] = [
    { id: 'reaches', name: t('water.reaches'), count: data.reaches.length },
    { id: 'rivers', name: t('water.rivers'), count: planRivers.data.value?.rivers.length ?? 0 },
    { id: 'check', name: t('planner.check'), count: list.length, tone: list.length ? 'warn' : '' },
    { id: 'quality', name: t('quality.title') },
  ]
  return (
    <>
      <Tabs tabs={tabsOf(own, grids)} now={now} />
      <JobBar others={['improve']} />
      {now === 'reaches' && <Figures data={data} />}
      {(now === 'reaches' || now === 'check') && selected && <SelectedReach reach={selected} />}
      {now === 'reaches' && <Reaches data={data} />}
      {now === 'rivers' && <Rivers />}
      {now === 'quality' && <QualityPanel />}
      {hung.map((one) => now === one.id && <one.body key={one.id} data={grids} />)}
      {now === 'check' && (
        <div class="check-tab">
          <Check list={list} />
        </div>
      )}
    </>
  )
}
