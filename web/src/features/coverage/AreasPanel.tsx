import type { JSX } from 'preact'
import type { CoverageReport } from '../../api/types'
import { t, tOr } from '../../i18n'
import { number, share } from '../../i18n/format'
import { store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { signal } from '@preact/signals'
import { SeenBar } from './columns'
import { area, areas, tree } from './desk'
import { count, ratePercent } from './figures'
import { Definitions } from './Figures'
import type { AreaFigures, Rate } from './types'
import { tab } from './tabs'

const order = signal<string | null>(null)

function RateCell({ rate }: { rate: Rate | undefined }): JSX.Element {
  if (!rate || rate.rate === null || rate.rate === undefined) return <span class="muted">–</span>
  return (
    <span class={rate.met ? '' : 'missed'}>
      {ratePercent(rate)}
      {!rate.met && <Icon name="warning" title={`${t('cov.notMet')}: ${number(rate.target * 100)} %`} />}
    </span>
  )
}

function areaColumns(): Column<AreaFigures>[] {
  const top = Math.min(...tree.value.map((one) => one.depth))
  const rate = (id: 'networked' | 'online' | 'serviceable', head: string): Column<AreaFigures> => ({
    id,
    head,
    numeric: true,
    sort: (row) => row.rates[id]?.rate ?? -1,
    cell: (row) => <RateCell rate={row.rates[id]} />,
  })
  return [
    {
      id: 'name',
      head: t('cov.areaName'),
      cell: (row) => (
        <span class="gridname" style={{ paddingLeft: `${(row.depth - top) * 12}px` }}>
          <span class="ellipsis strong">{row.name || row.code}</span>
          <span class="small muted">{tOr(`cov.kind.${row.kind}`, row.kind)}</span>
        </span>
      ),
    },
    { id: 'units', head: t('cov.areaGrids'), numeric: true, sort: (row) => row.grids_with_camera / Math.max(row.grids, 1), cell: (row) => `${number(row.grids_with_camera)}/${number(row.grids)}` },
    {
      id: 'seen',
      head: t('cov.areaSeen'),
      numeric: true,
      sort: (row) => row.seen_m / Math.max(row.street_m, 1),
      cell: (row) => (
        <span class="bar-cell">
          <SeenBar seen={row.seen_m / row.street_m} upper={row.seen_m_upper / row.street_m} />
          <span>{share(row.seen_m, row.street_m)}</span>
        </span>
      ),
    },
    { id: 'upper', head: t('coverage.upperShort'), numeric: true, sort: (row) => row.seen_m_upper / Math.max(row.street_m, 1), cell: (row) => <span class="muted">{share(row.seen_m_upper, row.street_m)}</span> },
    { id: 'open', head: t('cov.areaOpen'), numeric: true, sort: (row) => row.seen_m2 / Math.max(row.open_m2, 1), cell: (row) => share(row.seen_m2, row.open_m2) },
    { id: 'places', head: t('cov.areaPlaces'), numeric: true, sort: (row) => row.places - row.places_seen, cell: (row) => (row.places ? `${count(row.places_seen)}/${number(row.places)}` : '–') },
    rate('networked', t('cov.areaNetworked')),
    rate('online', t('cov.areaOnline')),
    rate('serviceable', t('cov.areaServiceable')),
    { id: 'cost', head: t('cov.areaCost'), numeric: true, sort: (row) => row.cost?.purchase ?? 0, cell: (row) => (row.cost ? `${number(row.cost.purchase)} ${row.cost.currency}`.trim() : '–') },
  ]
}

function Costs(): JSX.Element | null {
  const costs = areas.data.value?.costs ?? []
  if (costs.length === 0) return null
  const unpriced = costs.some((one) => one.purchase === null)
  const mixed = new Set(costs.filter((one) => one.purchase !== null).map((one) => one.currency)).size > 1
  const money = (value: number | null, currency: string): string => (value === null ? t('cov.costNone') : `${number(value)} ${currency}`.trim())
  return (
    <section class="pad">
      <h2>{t('cov.cost')}</h2>
      <div class="table-box short">
      <table class="table plain">
        <thead>
          <tr>
            {(['cov.costKind', 'whatif.cameras', 'cov.costEach', 'cov.costYearly', 'cov.costTotal', 'cov.costSource'] as const).map((key, k) => (
              <th key={key} scope="col" class={k > 0 && k < 5 ? 'num' : ''}>
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {costs.map((one) => (
            <tr key={one.kind}>
              <td>{tOr(`camera.kind.${one.kind}`, one.kind)}</td>
              <td class="num">{number(one.cameras)}</td>
              <td class="num">{money(one.purchase, one.currency)}</td>
              <td class="num">{money(one.yearly, one.currency)}</td>
              <td class="num">{money(one.total, one.currency)}</td>
              <td class="ellipsis">{one.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
      </div>
      {mixed && <p class="small second">{t('cov.costMixed')}</p>}
      {unpriced && <p class="small second">{t('cov.costHow')}</p>}
    </section>
  )
}

/** Villages, towns and the county: the official count beside the geometric figure, rates against targets, costs. */
export function AreasPanel({ report }: { report: CoverageReport }): JSX.Element {
  if (areas.error.value) return <ErrorNote error={areas.error.value} retry={() => void areas.load()} />
  if (!areas.data.value) return <Skeleton />
  const columns = areaColumns()
  const sorted = readOrder(order.value, { column: 'tree', down: false })
  const rows = order.value ? ordered(tree.value, columns, sorted) : tree.value
  const pick = (code: string): void => {
    store.area.value = area.value?.code === code ? null : code
  }
  return (
    <div class="panel-scroll">
      <div class="table-box wide-table">
        <DataTable
          id="areas-table"
          caption={t('cov.areaTable')}
          columns={columns}
          rows={rows}
          keyOf={(row) => row.code}
          selected={area.value?.code ?? null}
          order={sorted}
          onOrder={(next) => (order.value = writeOrder(next))}
          onSelect={pick}
          onOpen={() => (tab.value = 'grids')}
          rowLabel={(row) => t('cov.areaPick', { name: row.name || row.code })}
        />
      </div>
      <div class="pad small second stack">
        <Definitions report={report} />
      </div>
      <Costs />
    </div>
  )
}
