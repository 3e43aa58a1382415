/** The tree of areas: which grids lie in which, and how deep. Pure. */
import type { CoverageGrid } from '../../api/types'
import type { AreaFigures } from './types'

/** Areas in the order of the tree: each below its parent, siblings by code. */
export function areaRows(areas: readonly AreaFigures[]): AreaFigures[] {
  const below = new Map<string | null, AreaFigures[]>()
  const known = new Set(areas.map((one) => one.id))
  for (const one of areas) {
    const parent = one.parent_id && known.has(one.parent_id) ? one.parent_id : null
    below.set(parent, [...(below.get(parent) ?? []), one])
  }
  const walk = (parent: string | null): AreaFigures[] =>
    (below.get(parent) ?? []).sort((a, b) => a.code.localeCompare(b.code)).flatMap((one) => [one, ...walk(one.id)])
  return walk(null)
}

/** Ids of an area and of all below it. */
export function subtree(areas: readonly AreaFigures[], root: string): Set<string> {
  const found = new Set([root])
  // parents come before their children
  for (const one of areas) if (one.parent_id && found.has(one.parent_id)) found.add(one.id)
  return found
}

/** Grids that lie in an area or below it; all of them without one. */
export function scopeOf(grids: readonly CoverageGrid[], areas: readonly AreaFigures[], area: AreaFigures | null): CoverageGrid[] {
  if (!area) return [...grids]
  const inside = subtree(areas, area.id)
  return grids.filter((one) => inside.has(one.area_id))
}
