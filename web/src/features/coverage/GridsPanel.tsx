import { computed } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { CoverageGrid, CoverageReport } from '../../api/types'
import { lang, t } from '../../i18n'
import { number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Order } from '../../ui/DataTable'
import { coverageColumns, type Beside } from './columns'
import { comparison, needs, report, rowsInArea } from './desk'
import { passes, readFilter, scopeTotals } from './figures'
import { tight } from './narrow'
import { Reasons } from './Reasons'
import { SeenHistogram } from './SeenHistogram'
import { tellsOfNow } from './needs'
import { applied } from './whatif/applied'
import { answer, gainByGrid } from './whatif/state'

const WORST_FIRST: Order = { column: 'unseen', down: true }

/** Grids of the area as the proposed cameras would make them; as they are, without any. */
const shownInArea = computed(() => {
  const run = report.value?.run
  const told = run && tellsOfNow(run) ? answer.value?.grids : undefined
  if (!told?.length) return rowsInArea.value
  const changes = new Map(told.map((one) => [one.code, one]))
  return rowsInArea.value.map((row) => applied(row, changes.get(row.code), needs.value.k))
})
export const scope = computed(() => scopeTotals(shownInArea.value))
/** Sums as they are, beside what a proposal would make of them. */
export const scopeBefore = computed(() => (shownInArea.value === rowsInArea.value ? null : scopeTotals(rowsInArea.value)))
const compared = computed(() => {
  const grids = comparison.data.value?.grids
  return grids ? new Map(grids.map((one) => [one.code, one])) : null
})
const gainSet = computed<ReadonlySet<string>>(() => new Set(gainByGrid.value.keys()))
/** Grids of the area that pass the filter, in no order. */
export const passing = computed(() => {
  const filter = readFilter(store.filter.value)
  return rowsInArea.value.filter((row) => passes(row, filter))
})

const SHOW = [
  ['', 'coverage.filterAll'],
  ['gaps', 'coverage.filterGaps'],
  ['places', 'coverage.filterPlaces'],
] as const

function ShowFilter(): JSX.Element {
  const filter = readFilter(store.filter.value)
  return (
    <label class="row small">
      <span class="muted">{t('coverage.filter')}</span>
      <select class="input slim" value={filter && filter.kind !== 'seen' ? filter.kind : ''} onChange={(event) => (store.filter.value = event.currentTarget.value || null)}>
        {SHOW.map(([value, words]) => (
          <option key={value} value={value}>
            {t(words)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Rows on screen in the order chosen, with what a proposal would add; and as they are, for files. */
export function useRows(wide: boolean): { rows: CoverageGrid[]; asIs: CoverageGrid[]; order: Order; beside: Beside } {
  const order = readOrder(store.sort.value, WORST_FIRST)
  const beside: Beside = { scope: scope.value, compared: compared.value, proposed: gainByGrid.value, wide, narrow: tight.value && !wide, folds: needs.value.k }
  const places = useMemo(
    () => ordered(passing.value, coverageColumns({ ...beside, wide: true, narrow: false }), order),
    [passing.value, compared.value, order.column, order.down, lang.value],
  )
  const rows = useMemo(() => {
    const shown = new Map(shownInArea.value.map((row) => [row.code, row]))
    // what the hand changes stands at the top; the others keep their places
    const held = places.filter((row) => gainSet.value.has(row.code))
    const order = held.length ? [...held, ...places.filter((row) => !gainSet.value.has(row.code))] : places
    return order.map((row) => shown.get(row.code) ?? row)
  }, [places, shownInArea.value, gainSet.value])
  return { rows, asIs: places, order, beside }
}

/** Grids by how much of them is seen: histogram and table in step with the map. */
export function GridsPanel(_: { report: CoverageReport }): JSX.Element {
  const { rows, order, beside } = useRows(listMode.value)
  const columns = coverageColumns(beside)
  const all = shownInArea.value
  const selected = rows.find((row) => row.code === store.grid.value)
  const by = columns.find((column) => column.id === order.column)?.head ?? ''
  const sorted = writeOrder(order) === '-unseen' ? t('coverage.mostUnseen') : t('coverage.sorted', { column: by })
  return (
    <>
      <SeenHistogram rows={all} mean={(scope.value.seen_m / scope.value.street_m) * 100} />
      <div class={`table-box ${beside.folds > 1 ? 'with-k2' : ''}`}>
        <DataTable
          id="table"
          caption={t('coverage.histogram')}
          columns={columns}
          rows={rows}
          keyOf={(row) => row.code}
          selected={store.grid.value}
          hovered={store.hover.value}
          order={order}
          tall={listMode.value}
          pinned={gainSet.value}
          onOrder={(next) => (store.sort.value = writeOrder(next))}
          onSelect={(code) => (store.grid.value = code)}
          onHover={(code) => (store.hover.value = code)}
        />
      </div>
      {selected && !listMode.value && <Reasons row={selected} />}
      <div class="table-foot small muted row">
        <span class="grow" title={sorted}>
          {t('coverage.shown', { a: number(rows.length), b: number(all.length), sort: sorted })}
        </span>
        {store.filter.value && (
          <button type="button" class="link" onClick={() => (store.filter.value = null)}>
            {t('coverage.clearFilter')}
          </button>
        )}
        <ShowFilter />
      </div>
    </>
  )
}
