import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { planGrids, planId } from '../../../api/data'
import type { PlanGrids } from '../../../api/types'
import { lang, t, tOr } from '../../../i18n'
import { distance, gridNumber, number, signed } from '../../../i18n/format'
import { layerShown, listMode, showLayer, store } from '../../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Order } from '../../../ui/DataTable'
import { Icon } from '../../../ui/Icon'
import { JobBar } from '../../../ui/JobBar'
import { Kpi } from '../../../ui/Kpi'
import { ErrorNote, Skeleton } from '../../../ui/states'
import { slots, tab } from '../slots'
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

function Selected({ reach }: { reach: Reach }): JSX.Element {
  return (
    <section class="selected-grid" aria-label={t('water.reach')}>
      <div class="row">
        <span class="strong">{gridNumber(reach.code)}</span>
        <span class="grow ellipsis">{reach.river || t('water.noRiver')}</span>
        <button type="button" class="button icon-only" aria-label={t('common.zoomTo')} data-tip={`${t('common.zoomTo')}  Z`} onClick={() => (store.goTo.value = { bbox: reach.bbox })}>
          <Icon name="target" />
        </button>
      </div>
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
    </section>
  )
}

interface Finding {
  reach: Reach
  words: string
}

/** What there is to mend: lengths that are off, and reaches without a warden. */
export function reachFindings(data: PlanReaches): Finding[] {
  return data.reaches.flatMap((reach) => {
    const found: Finding[] = []
    if (!reach.fits) found.push({ reach, words: `${signed(reach.deviation)} %: ${tOr(`water.why.${reach.unfit_reason}`, reach.unfit_reason)}` })
    if (!reach.head) found.push({ reach, words: t('water.vacant') })
    return found
  })
}

function Check({ list }: { list: Finding[] }): JSX.Element {
  if (list.length === 0) {
    return (
      <p class="note ok">
        <Icon name="check" />
        {t('planner.allClear')}
      </p>
    )
  }
  return (
    <ul class="checks">
      {list.map(({ reach, words }) => (
        <li key={reach.code + words}>
          <button type="button" class="answer-row" onClick={() => (store.grid.value = reach.code)}>
            <span class="warnish">
              <Icon name="warning" />
            </span>
            <span class="strong">{gridNumber(reach.code)}</span>
            <span class="ellipsis">{reach.river}</span>
            <span class="grow small second num ellipsis">{words}</span>
          </button>
        </li>
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
      <DataTable
        id="table"
        caption={t('water.caption', { name: data.plan.name })}
        columns={columns}
        rows={rows}
        keyOf={(reach) => reach.code}
        selected={store.grid.value}
        hovered={store.hover.value}
        order={order}
        tall={listMode.value}
        rowLabel={words}
        onOrder={(next) => (store.sort.value = writeOrder(next))}
        onSelect={(code) => (store.grid.value = code)}
        onHover={(code) => (store.hover.value = code)}
      />
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
  const now = ['rivers', 'check', ...hung.map((one) => one.id)].includes(tab.value) ? tab.value : 'reaches'
  const head = (id: string, words: string, count: number | null, tone = ''): JSX.Element => (
    <button key={id} type="button" role="tab" aria-selected={now === id} class={now === id ? 'panel-focus' : ''} onClick={() => (tab.value = id)}>
      {words} {count !== null && <span class={`chip round ${tone}`}>{number(count)}</span>}
    </button>
  )
  return (
    <>
      <div class="tabs" role="tablist">
        {head('reaches', t('water.reaches'), data.reaches.length)}
        {head('rivers', t('water.rivers'), planRivers.data.value?.rivers.length ?? 0)}
        {head('check', t('planner.check'), list.length, list.length ? 'warn' : '')}
        {hung.map((one) => head(one.id, one.name(), one.count?.(grids) ?? null, one.tone?.(grids)))}
      </div>
      <JobBar />
      <p class="note info narrow-note">{t('planner.look')}</p>
      {now === 'reaches' && <Figures data={data} />}
      {(now === 'reaches' || now === 'check') && selected && <Selected reach={selected} />}
      {now === 'reaches' && <Reaches data={data} />}
      {now === 'rivers' && <Rivers />}
      {hung.map((one) => now === one.id && <one.body key={one.id} data={grids} />)}
      {now === 'check' && (
        <div class="check-tab">
          <Check list={list} />
        </div>
      )}
    </>
  )
}
