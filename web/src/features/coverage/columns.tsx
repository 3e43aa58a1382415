import type { JSX } from 'preact'
import type { CoverageGrid } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number, share as percent, signed } from '../../i18n/format'
import type { Column } from '../../ui/DataTable'
import { CHANGE_COLOURS, changeClass, points } from './change'
import { count, seenShare, upperShare, type Scope } from './figures'
import type { ComparedGrid } from './types'

/** The share seen as a bar; what cameras of unknown heading may add is hatched. */
export function SeenBar({ seen, upper, gain = 0 }: { seen: number; upper: number; gain?: number }): JSX.Element {
  const width = (value: number): string => `${Math.min(Math.max(value || 0, 0), 1) * 100}%`
  return (
    <span class="seenbar" aria-hidden="true">
      <span class="upper" style={{ width: width(upper) }} />
      <span class="seen" style={{ width: width(seen) }} />
      {gain > 0 && <span class="gain" style={{ left: width(seen), width: width(gain) }} />}
    </span>
  )
}

const figure = (value: number): string => (Number.isFinite(value) ? number(value * 100, 1) : '–')
const ofMany = (a: number, b: number): string => (b > 0 ? `${count(a)}/${number(b)}` : '–')
/** What is known and what unknown headings may add: `34–75/155`. */
const rangeOfMany = (a: number, upper: number, b: number): string => (b > 0 && upper > a ? `${count(a)}–${count(upper)}/${number(b)}` : ofMany(a, b))

/** The same as shares in per cent: `5.0–8.0`. */
export const rangeOfShares = (part: number, upper: number, whole: number): string => (whole > 0 && upper > part ? `${percent(part, whole)}–${percent(upper, whole)}` : percent(part, whole))

/** What a table stands on beside its rows. */
export interface Beside {
  scope: Scope
  /** Grids of the other run by their code, while two are compared. */
  compared: ReadonlyMap<string, ComparedGrid> | null
  /** What a proposed camera would add, by code: metres of street. */
  proposed: ReadonlyMap<string, number>
  wide: boolean
  /** Only the columns that a phone has room for. */
  narrow: boolean
  /** How many cameras are asked for. */
  folds: number
}

/** A change with its sign and the colour that the map gives it. */
export function Change({ change }: { change: number | null | undefined }): JSX.Element {
  const value = points(change)
  if (value === null) return <span class="muted">–</span>
  const at = changeClass(value)
  return (
    <span class="bar-cell">
      <span class="change-swatch" aria-hidden="true" style={{ '--light': CHANGE_COLOURS.light[at], '--dark': CHANGE_COLOURS.dark[at] }} />
      <span>{signed(change)}</span>
    </span>
  )
}

/** Columns of the coverage table with their sums over the area on screen. */
export function coverageColumns({ scope, compared, proposed, wide, narrow, folds }: Beside): Column<CoverageGrid>[] {
  const grid: Column<CoverageGrid> = {
    id: 'grid',
    head: t('grid.grid'),
    sort: (row) => row.code,
    cell: (row) => (
      <span class="gridname">
        <span class="strong">{gridNumber(row.code)}</span>
        <span class="ellipsis">{row.name}</span>
      </span>
    ),
    total: narrow ? <abbr title={t('coverage.total', { n: number(scope.grids) })}>Σ {number(scope.grids)}</abbr> : t('coverage.total', { n: number(scope.grids) }),
  }
  const gainOf = (row: CoverageGrid): number => Math.max(0, (proposed.get(row.code) ?? 0) / row.street_m || 0)
  const unseen: Column<CoverageGrid> = { id: 'unseen', head: t('coverage.unseen'), numeric: true, sort: (row) => row.unseen_m, cell: (row) => number(row.unseen_m), total: number(scope.unseen_m) }
  const seen: Column<CoverageGrid> = {
    id: 'seen',
    head: t(wide ? 'coverage.seen' : 'cov.seenShort'),
    title: t('coverage.seen'),
    numeric: true,
    sort: (row) => seenShare(row) || 0,
    cell: (row) => (
      <span class="bar-cell">
        {!(narrow && compared) && <SeenBar seen={seenShare(row) - gainOf(row)} upper={upperShare(row)} gain={gainOf(row)} />}
        <span>{figure(seenShare(row))}</span>
      </span>
    ),
    total: percent(scope.seen_m, scope.street_m),
  }
  const upper: Column<CoverageGrid> = {
    id: 'upper',
    head: t('coverage.upperShort'),
    title: t('coverage.upper'),
    numeric: true,
    sort: (row) => upperShare(row) || 0,
    cell: (row) => <span class="muted">{figure(upperShare(row))}</span>,
    total: percent(scope.seen_m_upper, scope.street_m),
  }
  const places: Column<CoverageGrid> = {
    id: 'places',
    head: t('coverage.placesShort'),
    title: t('coverage.places'),
    numeric: true,
    sort: (row) => row.places - row.places_seen,
    // a phone has no room for both ends: the headline has them
    cell: (row) => (narrow ? ofMany(row.places_seen, row.places) : rangeOfMany(row.places_seen, row.places_seen_upper, row.places)),
    total: narrow ? ofMany(scope.places_seen, scope.places) : rangeOfMany(scope.places_seen, scope.places_seen_upper, scope.places),
  }
  const online: Column<CoverageGrid> = {
    id: 'online',
    head: t('coverage.onlineShort'),
    title: t('coverage.online'),
    numeric: true,
    sort: (row) => row.online,
    cell: (row) => ofMany(row.online, row.cameras),
    total: ofMany(scope.online, scope.cameras),
  }
  const k2: Column<CoverageGrid> = {
    id: 'k2',
    head: t('coverage.k2'),
    numeric: true,
    sort: (row) => percentOf(row.k2_m, row.street_m),
    cell: (row) => <span class="second">{wide ? rangeOfShares(row.k2_m, row.k2_m_upper, row.street_m) : percent(row.k2_m, row.street_m)}</span>,
    total: wide ? rangeOfShares(scope.k2_m, scope.k2_m_upper, scope.street_m) : percent(scope.k2_m, scope.street_m),
  }
  const near: Column<CoverageGrid> = { id: 'incidents', head: t('coverage.incidents'), numeric: true, sort: (row) => row.incidents, cell: (row) => number(row.incidents) }
  if (compared) {
    const of = (row: CoverageGrid): ComparedGrid | undefined => compared.get(row.code)
    const was: Column<CoverageGrid> = { id: 'was', head: t('cov.was'), numeric: true, sort: (row) => of(row)?.seen_share_a ?? -1, cell: (row) => <span class="muted">{figure(of(row)?.seen_share_a ?? NaN)}</span> }
    const change: Column<CoverageGrid> = { id: 'change', head: t('cov.change'), numeric: true, sort: (row) => of(row)?.change ?? 0, cell: (row) => <Change change={of(row)?.change} /> }
    if (narrow) return [grid, unseen, was, seen, change]
    return wide ? [grid, unseen, seen, upper, was, change, k2, places, online, near] : [grid, unseen, was, seen, change, places]
  }
  if (narrow) return [grid, unseen, seen, upper, places, online]
  if (wide) return [grid, unseen, seen, upper, k2, places, online, near]
  // beside the map names need the room, unless two cameras are what was asked for
  return folds > 1 ? [grid, unseen, seen, upper, k2, places, online] : [grid, unseen, seen, upper, places, online]
}

const percentOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0)
