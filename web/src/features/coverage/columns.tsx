import type { JSX } from 'preact'
import type { CoverageGrid, CoverageReport } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number, share as percent } from '../../i18n/format'
import type { Column } from '../../ui/DataTable'
import { seenShare, totals, upperShare } from './figures'

/** The share seen as a bar; what cameras of unknown heading may add is hatched. */
export function SeenBar({ seen, upper }: { seen: number; upper: number }): JSX.Element {
  const width = (value: number): string => `${Math.min(Math.max(value || 0, 0), 1) * 100}%`
  return (
    <span class="seenbar" aria-hidden="true">
      <span class="upper" style={{ width: width(upper) }} />
      <span class="seen" style={{ width: width(seen) }} />
    </span>
  )
}

const figure = (value: number): string => (Number.isFinite(value) ? number(value * 100, 1) : '–')
const ofPlaces = (a: number, b: number): string => (b > 0 ? `${number(a)}/${number(b)}` : '–')

/** Columns of the coverage table with their sums over all grids. */
export function coverageColumns(report: CoverageReport, wide: boolean): Column<CoverageGrid>[] {
  const all = totals(report.grids)
  const columns: Column<CoverageGrid>[] = [
    {
      id: 'grid',
      head: t('grid.grid'),
      sort: (row) => row.code,
      cell: (row) => (
        <span class="gridname">
          <span class="strong">{gridNumber(row.code)}</span>
          <span class="ellipsis">{row.name}</span>
        </span>
      ),
      total: t('coverage.total', { n: number(report.grids.length) }),
    },
    { id: 'unseen', head: t('coverage.unseen'), numeric: true, sort: (row) => row.unseen_m, cell: (row) => number(row.unseen_m), total: number(all.unseen_m) },
    {
      id: 'seen',
      head: t('coverage.seen'),
      numeric: true,
      sort: (row) => seenShare(row) || 0,
      cell: (row) => (
        <span class="bar-cell">
          <SeenBar seen={seenShare(row)} upper={upperShare(row)} />
          <span>{figure(seenShare(row))}</span>
        </span>
      ),
      total: percent(report.summary.seen_m, report.summary.streets_m),
    },
    {
      id: 'upper',
      head: t('coverage.upperShort'),
      title: t('coverage.upper'),
      numeric: true,
      sort: (row) => upperShare(row) || 0,
      cell: (row) => <span class="muted">{figure(upperShare(row))}</span>,
      total: percent(report.summary.seen_m_upper, report.summary.streets_m),
    },
    {
      id: 'places',
      head: t('coverage.placesShort'),
      title: t('coverage.places'),
      numeric: true,
      sort: (row) => row.places - row.places_seen,
      cell: (row) => ofPlaces(row.places_seen, row.places),
      total: ofPlaces(report.summary.key_places_seen, report.summary.key_places),
    },
    {
      id: 'online',
      head: t('coverage.onlineShort'),
      title: t('coverage.online'),
      numeric: true,
      sort: (row) => row.online,
      cell: (row) => ofPlaces(row.online, row.cameras),
      total: ofPlaces(report.summary.cameras_online, report.summary.cameras),
    },
  ]
  if (!wide) return columns
  const k2: Column<CoverageGrid> = {
    id: 'k2',
    head: t('coverage.k2'),
    numeric: true,
    sort: (row) => row.k2_m ?? 0,
    cell: (row) => percent(row.k2_m, row.street_m),
    total: percent(all.k2_m, all.street_m),
  }
  const near: Column<CoverageGrid> = { id: 'incidents', head: t('coverage.incidents'), numeric: true, sort: (row) => row.incidents, cell: (row) => number(row.incidents) }
  return [...columns.slice(0, 4), k2, ...columns.slice(4), near]
}
