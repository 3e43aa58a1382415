/** Figures of two proposals beside each other. Pure. */
import type { PlacementFigures } from '../types'

export interface BesideRow {
  name: 'cameras' | 'seen' | 'metres' | 'each' | 'places' | 'cost'
  a: number
  b: number
  digits: number
}

/** Rows of the comparison; a cost only where both have one of the same money. `streets` is the street there is, metres. */
export function besideFigures(a: PlacementFigures, b: PlacementFigures, streets: number): BesideRow[] {
  const gained = (of: PlacementFigures): number => of.seen_m_after - of.seen_m_before
  const row = (name: BesideRow['name'], of: (one: PlacementFigures) => number, digits = 0): BesideRow => ({ name, a: of(a), b: of(b), digits })
  const rows = [
    row('cameras', (one) => one.cameras),
    row('seen', (one) => (one.seen_m_after / streets) * 100, 1),
    row('metres', gained),
    row('each', (one) => gained(one) / one.cameras),
    row('places', (one) => one.places_seen_after),
  ]
  // without prices a proposal costs its cameras, which the first row says
  if (a.currency && a.currency === b.currency) rows.push(row('cost', (one) => one.cost as number))
  return rows
}
