/** Change between two runs in classes, for the table, the map and the legend. Pure. */

/** Percentage points at which a class ends; the middle class is "the same". */
const BREAKS = [-10, -0.5, 0.5, 10] as const
export const CLASSES = BREAKS.length + 1
export const SAME = 2

/** Which of the five classes a change in percentage points falls in. */
export function changeClass(points: number): number {
  if (points <= BREAKS[0]) return 0
  if (points <= BREAKS[1]) return 1
  if (points < BREAKS[2]) return SAME
  return points < BREAKS[3] ? 3 : 4
}

/** Colours of the classes: lost in the hue of gaps, gained in that of coverage. */
export const CHANGE_COLOURS: Record<'light' | 'dark', readonly string[]> = {
  light: ['#a8125f', '#e2a6c6', '#eef0f3', '#9fd0d6', '#237f8d'],
  dark: ['#ff7db9', '#7d3359', '#2c333d', '#2b6570', '#67bdc8'],
}

/** Percentage points between two shares, or null where one is missing. */
export function points(change: number | null | undefined): number | null {
  return change === null || change === undefined || !Number.isFinite(change) ? null : change * 100
}
