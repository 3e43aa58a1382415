/** Figures of the coverage desk, from what the server counted. Pure. */
import type { CoverageGrid } from '../../api/types'
import { number } from '../../i18n/format'

export const share = (part: number, whole: number): number => (whole > 0 ? part / whole : NaN)
export const seenShare = (row: CoverageGrid): number => share(row.seen_m, row.street_m)
export const upperShare = (row: CoverageGrid): number => share(row.seen_m_upper, row.street_m)

/** A rate in percent with as many digits as it takes not to read as a target that it misses. */
export function ratePercent(rate: { rate?: number | null | undefined; target: number; met?: boolean | null | undefined }): string {
  const percent = (rate.rate ?? NaN) * 100
  const digits = [1, 2, 3, 4, 5].find((many) => rate.met || Number(percent.toFixed(many)) < rate.target * 100) ?? 1
  return number(percent, digits)
}

/** A filter of the address: `seen:20-25`, `gaps`, `places`. */
export type Filter = { kind: 'seen'; from: number; to: number } | { kind: 'gaps' } | { kind: 'places' } | null

export function readFilter(text: string | null): Filter {
  if (text === 'gaps' || text === 'places') return { kind: text }
  const match = /^seen:(\d{1,3})-(\d{1,3})$/.exec(text ?? '')
  return match ? { kind: 'seen', from: Number(match[1]), to: Number(match[2]) } : null
}

/** Whether a grid passes a filter; the last step of the histogram holds 100 %. */
export function passes(row: CoverageGrid, filter: Filter): boolean {
  if (!filter) return true
  if (filter.kind === 'gaps') return row.unseen_m > 0
  if (filter.kind === 'places') return row.places > row.places_seen
  const percent = seenShare(row) * 100
  return percent >= filter.from - 1e-9 && (percent < filter.to - 1e-9 || (filter.to >= 100 && percent <= 100 + 1e-9))
}

export interface Totals {
  street_m: number
  seen_m: number
  seen_m_upper: number
  k2_m: number
  k2_m_upper: number
  k3_m: number
  k3_m_upper: number
  unseen_m: number
  places: number
  places_seen: number
  places_seen_upper: number
  cameras: number
  online: number
}

/** Sums over grids. */
export function totals(rows: readonly CoverageGrid[]): Totals {
  const sum = (of: (row: CoverageGrid) => number): number => rows.reduce((all, row) => all + of(row), 0)
  return {
    street_m: sum((row) => row.street_m),
    seen_m: sum((row) => row.seen_m),
    seen_m_upper: sum((row) => row.seen_m_upper),
    k2_m: sum((row) => row.k2_m ?? 0),
    k2_m_upper: sum((row) => row.k2_m_upper ?? 0),
    k3_m: sum((row) => row.k3_m ?? 0),
    k3_m_upper: sum((row) => row.k3_m_upper ?? 0),
    unseen_m: sum((row) => row.unseen_m),
    places: sum((row) => row.places),
    places_seen: sum((row) => row.places_seen),
    places_seen_upper: sum((row) => row.places_seen_upper),
    cameras: sum((row) => row.cameras),
    online: sum((row) => row.online),
  }
}

/** Sums of the area on screen, and how many of its grids have a camera at all. */
export type Scope = Totals & { grids: number; with_camera: number }

export const scopeTotals = (rows: readonly CoverageGrid[]): Scope => ({
  ...totals(rows),
  grids: rows.length,
  with_camera: rows.filter((row) => row.cameras > 0).length,
})

/** A count: whole, or where it is a mean over a month with as many decimals as it takes not to read as whole. */
export function count(value: number): string {
  const whole = Math.round(value)
  if (Math.abs(value - whole) < 0.0005) return number(whole)
  const cut = (many: number): number => Math.floor(value * 10 ** many) / 10 ** many
  const many = [1, 2].find((few) => !Number.isInteger(cut(few))) ?? 3
  return number(cut(many), many)
}

/** The metres of street that so many cameras see, surely and at most. */
export function seenBy(folds: number, of: Totals): { surely: number; atMost: number } {
  if (folds >= 3) return { surely: of.k3_m, atMost: of.k3_m_upper }
  return folds === 2 ? { surely: of.k2_m, atMost: of.k2_m_upper } : { surely: of.seen_m, atMost: of.seen_m_upper }
}

/** Rows as CSV for spreadsheets: UTF-8 with BOM, CRLF, codes kept as text, formulas defused. */
export function csv(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null): string => {
    if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return ''
    if (typeof value === 'number') return String(value)
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : /^\d{12,}$/.test(value) ? `="${value}"` : value
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}
