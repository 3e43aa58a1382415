import type { JSX } from 'preact'
import { deviationClass } from '../../ui/histogram'

/** Where a grid stands about the mean: to the left under, to the right over; hatched out of band. */
export function DeviationBar({ deviation, tolerance }: { deviation: number | null; tolerance: number }): JSX.Element {
  const value = deviation ?? 0
  const full = Math.max(tolerance * 2, 0.02)
  const width = Math.min(Math.abs(value) / full, 1) * 50
  const kind = deviationClass(value, tolerance)
  const place = value < 0 ? { right: '50%', width: `${width}%` } : { left: '50%', width: `${width}%` }
  return (
    <span class="devbar" aria-hidden="true">
      <span class={`dev-${kind}`} style={place} />
    </span>
  )
}

/** The swatch of a grid's class, as the map draws it. */
export function DeviationSwatch({ deviation, tolerance }: { deviation: number | null; tolerance: number }): JSX.Element {
  return <span class={`devswatch dev-${deviationClass(deviation ?? 0, tolerance)}`} aria-hidden="true" />
}
