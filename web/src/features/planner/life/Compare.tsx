import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { gridByCode } from '../../../api/data'
import type { Box, PlanGrids } from '../../../api/types'
import { lang, t } from '../../../i18n'
import { gridNumber, number } from '../../../i18n/format'
import { listMode, store } from '../../../map/store'
import { DataTable, ordered, type Column, type Order } from '../../../ui/DataTable'
import { Icon } from '../../../ui/Icon'
import { Kpi } from '../../../ui/Kpi'
import { Empty, ErrorNote, Skeleton } from '../../../ui/states'
import { boxOf, CHANGES, movedOf, type Change } from './changes'
import { diff, type Diff, type GridDiff } from './life'

const TONE: Record<string, string> = { new: 'ok', gone: 'late', split: 'info', merged: 'info', changed: 'warn', renumbered: '' }
const HECTARE_M2 = 10_000
const order = signal<Order>({ column: 'moved', down: true })
const only = signal<Change | null>(null)

/** Shows a grid of the comparison, also one that is gone. */
function show(data: Diff, code: string): void {
  const here = gridByCode.peek().get(code)
  store.grid.value = here ? code : null
  const box = here?.bbox ?? boxOf(data, code)
  if (box) store.goTo.value = { bbox: box as Box }
}

function fromWords(grid: GridDiff): string {
  const other = (shares: GridDiff['came_from']): string =>
    shares
      .filter((share) => share.id !== grid.id)
      .map((share) => `${gridNumber(share.code)} (${number(share.households)})`)
      .join(', ')
  const [came, went] = [other(grid.came_from), other(grid.went_to)]
  return [came && `← ${came}`, went && `→ ${went}`].filter(Boolean).join('  ')
}

function columnsOf(): Column<GridDiff>[] {
  return [
    {
      id: 'grid',
      head: t('grid.grid'),
      sort: (grid) => grid.code,
      cell: (grid) => (
        <span class="gridname">
          <span class="strong">{gridNumber(grid.code)}</span>
          <span class="ellipsis">{grid.name}</span>
        </span>
      ),
    },
    {
      id: 'status',
      head: t('life.change'),
      sort: (grid) => CHANGES.indexOf(grid.status as Change),
      cell: (grid) => <span class={`chip ${TONE[grid.status] ?? ''}`}>{t(`life.change.${grid.status}`)}</span>,
    },
    {
      id: 'households',
      head: t('grid.households'),
      numeric: true,
      sort: (grid) => grid.households_after ?? 0,
      cell: (grid) => `${number(grid.households_before)} → ${number(grid.households_after)}`,
    },
    { id: 'moved', head: t('life.moved'), numeric: true, sort: movedOf, cell: (grid) => number(movedOf(grid)) },
    { id: 'from', head: t('life.fromTo'), cell: (grid) => <span class="small second from-to">{fromWords(grid)}</span> },
  ]
}

function Filters({ data }: { data: Diff }): JSX.Element {
  return (
    <div class="row wrap pad-row" role="group" aria-label={t('life.change')}>
      {CHANGES.filter((change) => data.summary[change] > 0).map((change) => (
        <button
          key={change}
          type="button"
          class="button"
          aria-pressed={only.value === change}
          onClick={() => (only.value = only.value === change ? null : change)}
        >
          {t(`life.change.${change}`)} <span class="chip round">{number(data.summary[change])}</span>
        </button>
      ))}
    </div>
  )
}

/** What changed between two plans: grids by what became of them, with the households that moved. */
export function Compare(_: { data: PlanGrids }): JSX.Element {
  const data = diff.data.value
  const columns = columnsOf()
  const rows = useMemo(() => {
    const changed = (data?.grids ?? []).filter((grid) => (only.value ? grid.status === only.value : grid.status !== 'kept'))
    return ordered(changed, columns, order.value)
  }, [data, only.value, order.value, lang.value])
  if (diff.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={diff.error.value} retry={() => void diff.load()} />
      </div>
    )
  }
  if (!data) return <Skeleton />
  const { summary } = data
  return (
    <div class={`compare-tab ${diff.loading.value ? 'dimmed' : ''}`}>
      <div class="row pad-row">
        <p class="grow small second">{t('life.comparing', { old: data.old.name, new: data.new.name })}</p>
        <button type="button" class="button" onClick={() => (store.compare.value = null)}>
          <Icon name="close" />
          {t('life.compareEnd')}
        </button>
      </div>
      <dl class="kpis">
        <Kpi name={t('life.householdsMoved')} value={number(summary.households_moved)} />
        <Kpi name={t('life.areaMoved')} value={`${number(summary.area_moved_m2 / HECTARE_M2, 1)} ${t('unit.ha')}`} />
        <Kpi name={t('life.gridsChanged')} value={number(data.grids.length - summary.kept)} />
        {summary.households_lost > 0 && <Kpi name={t('life.householdsLost')} value={number(summary.households_lost)} />}
      </dl>
      <Filters data={data} />
      {rows.length === 0 ? (
        <div id="table" tabIndex={-1}>
          <Empty icon="check" title={t('life.same')} />
        </div>
      ) : (
        <div class="table-box">
          <DataTable
            id="table"
            caption={t('life.comparing', { old: data.old.name, new: data.new.name })}
            columns={columns}
            rows={rows}
            keyOf={(grid) => grid.code}
            selected={store.grid.value}
            hovered={store.hover.value}
            order={order.value}
            tall={listMode.value}
            onOrder={(next) => (order.value = next)}
            onSelect={(code) => show(data, code)}
            onHover={(code) => (store.hover.value = code)}
          />
        </div>
      )}
    </div>
  )
}
