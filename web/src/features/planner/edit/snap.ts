/** Snapping of a hand to streets, rivers, buildings and borders on screen. Pure: pixels in, a place out. */
import { nearestOn, type XY } from './plane'

export type SnapKind = 'street' | 'river' | 'building' | 'border'

export interface SnapLine {
  kind: SnapKind
  name: string | null
  /** Pixels of the screen. */
  line: XY[]
}
export interface Snap {
  kind: SnapKind
  name: string | null
  px: XY
  corner: boolean
}

/** Pixels within which a hand is drawn to a line. */
export const SNAP_PX = 8
/** A corner pulls from as far, though the line beside it is nearer. */
const CORNER_PX = 6

/** The nearest place to snap to, a corner before the middle of a line; null when none is near. */
export function snapTo(lines: readonly SnapLine[], hand: XY, limit = SNAP_PX): Snap | null {
  let best: (Snap & { away: number }) | null = null
  for (const { kind, name, line } of lines) {
    for (let k = 1; k < line.length; k += 1) {
      const [a, b] = [line[k - 1] as XY, line[k] as XY]
      const { at, along, away } = nearestOn(a, b, hand)
      if (away > limit) continue
      const end = [a, b].find((one) => Math.hypot(one[0] - hand[0], one[1] - hand[1]) <= Math.min(CORNER_PX, limit))
      const corner = end !== undefined || along === 0 || along === 1
      const weight = end ? away - CORNER_PX : away
      if (!best || weight < best.away) best = { kind, name, px: end ?? at, corner, away: weight }
    }
  }
  if (!best) return null
  const { away: _, ...snap } = best
  return snap
}
