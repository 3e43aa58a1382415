/** Sums over a comparison of two plans. Pure. */
import type { Diff, GridDiff } from './life'

export const CHANGES = ['changed', 'split', 'merged', 'new', 'gone', 'renumbered', 'kept'] as const
export type Change = (typeof CHANGES)[number]

/** Households that came into a grid from others, and those that left it. */
export function movedOf(grid: GridDiff): number {
  return [...grid.came_from, ...grid.went_to].filter((share) => share.id !== grid.id && share.kind !== 'renumber').reduce((all, share) => all + share.households, 0)
}

type Bounds = [number, number, number, number]

function grow(box: Bounds | null, at: unknown): Bounds | null {
  if (!Array.isArray(at)) return box
  const [lon, lat] = at as unknown[]
  if (typeof lon === 'number' && typeof lat === 'number') {
    if (!box) return [lon, lat, lon, lat]
    return [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)]
  }
  return at.reduce<Bounds | null>(grow, box)
}

interface Ground {
  features: { properties: { from: string; to: string }; geometry: { coordinates?: unknown } }[]
}

/** The box of the ground that a grid gave or got; null where none moved. */
export function boxOf(data: Pick<Diff, 'ground'>, code: string): Bounds | null {
  const ground = data.ground as unknown as Ground | null
  return (ground?.features ?? [])
    .filter(({ properties }) => properties.from === code || properties.to === code)
    .reduce<Bounds | null>((box, feature) => grow(box, feature.geometry.coordinates), null)
}
