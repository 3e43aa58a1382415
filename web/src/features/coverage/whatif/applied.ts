/** Rows of the table as proposed cameras would make them. Pure. */
import type { CoverageGrid } from '../../../api/types'
import type { WhatIf } from '../types'

type GridChange = WhatIf['grids'][number]

/** A row with what a proposal adds to it; without a change the row itself. `k` is what is needed at each place. */
export function applied(row: CoverageGrid, change: GridChange | undefined, k: 1 | 2 | 3): CoverageGrid {
  if (!change) return row
  const { before, after } = change
  const gain = (name: 'seen_m' | 'seen_m_upper' | 'k2_m' | 'k2_m_upper' | 'k3_m' | 'k3_m_upper' | 'places_seen' | 'places_seen_upper'): number => after[name] - before[name]
  const met = gain(k === 1 ? 'seen_m' : k === 2 ? 'k2_m' : 'k3_m')
  return {
    ...row,
    seen_m: row.seen_m + gain('seen_m'),
    seen_m_upper: row.seen_m_upper + gain('seen_m_upper'),
    k2_m: (row.k2_m ?? 0) + gain('k2_m'),
    k2_m_upper: (row.k2_m_upper ?? 0) + gain('k2_m_upper'),
    k3_m: (row.k3_m ?? 0) + gain('k3_m'),
    k3_m_upper: (row.k3_m_upper ?? 0) + gain('k3_m_upper'),
    unseen_m: Math.max(0, row.unseen_m - met),
    places_seen: row.places_seen + gain('places_seen'),
    places_seen_upper: row.places_seen_upper + gain('places_seen_upper'),
  }
}
