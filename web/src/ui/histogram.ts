/** Sums behind the histograms. Pure. */

export interface Bin {
  from: number
  to: number
  count: number
}

/** Counts values in steps of `width` from `low` to `high`; the ends take what lies outside. */
export function bins(values: readonly number[], low: number, high: number, width: number): Bin[] {
  const many = Math.max(1, Math.round((high - low) / width))
  const result: Bin[] = Array.from({ length: many }, (_, k) => ({
    from: low + k * width,
    to: low + (k + 1) * width,
    count: 0,
  }))
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    const at = Math.floor((value - low) / width + 1e-9)
    const bin = result[Math.min(Math.max(at, 0), many - 1)]
    if (bin) bin.count += 1
  }
  return result
}

/** A round top for an axis of counts: at least the largest count. */
export function niceTop(largest: number): number {
  for (const top of [2, 4, 6, 8, 10, 20, 30, 40, 50, 100, 200, 500, 1000, 2000, 5000]) {
    if (largest <= top) return top
  }
  return largest
}

/** Which of the seven deviation classes a signed fraction falls in; 3 is on the mean. */
export function deviationClass(deviation: number, tolerance: number): number {
  if (Math.abs(deviation) > tolerance) return deviation < 0 ? 0 : 6
  const inner = [-tolerance / 2, -tolerance / 5, tolerance / 5, tolerance / 2]
  return 1 + inner.filter((at) => deviation >= at - 1e-12).length
}

/** What the seven deviation classes are called, in percent of the mean. */
export function classLabels(tolerance: number): string[] {
  const percent = (value: number): string => String(Number((value * 100).toFixed(1)))
  const [band, half, fifth] = [tolerance, tolerance / 2, tolerance / 5].map(percent)
  return [`< −${band}`, `−${band}…−${half}`, `−${half}…−${fifth}`, `±${fifth}`, `+${fifth}…+${half}`, `+${half}…+${band}`, `> +${band}`]
}
