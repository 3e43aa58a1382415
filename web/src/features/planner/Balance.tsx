import type { JSX } from 'preact'
import type { PlanGrids } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number, signed } from '../../i18n/format'
import { store } from '../../map/store'
import { deviationClass, niceTop } from '../../ui/histogram'

const STEPS = 20
const MOST_SQUARES = 12

/** Every grid a square at its deviation; the band is shaded. Click selects the grid. */
export function Balance({ data }: { data: PlanGrids }): JSX.Element {
  const worst = Math.max(0, ...data.grids.map((grid) => Math.abs(grid.deviation ?? 0)))
  const edge = Math.max(data.tolerance * 2, Math.ceil(worst * 10) / 10)
  const step = (edge * 2) / STEPS
  const columns = Array.from({ length: STEPS }, (_, k) => {
    const from = -edge + k * step
    return data.grids.filter((grid) => {
      const at = Math.min(Math.max(Math.floor(((grid.deviation ?? 0) + edge) / step + 1e-9), 0), STEPS - 1)
      return at === k && from <= edge
    })
  })
  const top = niceTop(Math.max(1, ...columns.map((column) => column.length)))
  const squares = top <= MOST_SQUARES
  const share = (value: number): string => `${((value + edge) / (edge * 2)) * 100}%`
  return (
    <figure class="histogram balance" aria-label={t('planner.histogram')}>
      <figcaption class="visually-hidden">{t('planner.histogram')}</figcaption>
      <div class="plot">
        <div class="y foot muted" aria-hidden="true">
          <span>{top}</span>
          <span>{top / 2}</span>
          <span>0</span>
        </div>
        <div class="bars">
          <span class="band" style={{ left: share(-data.tolerance), right: `calc(100% - ${share(data.tolerance)})` }} />
          {columns.map((column, k) => (
            <span class="pile" key={k}>
              {squares ? (
                column.map((grid) => (
                  <button
                    key={grid.id}
                    type="button"
                    tabIndex={-1}
                    style={{ height: `${100 / top}%` }}
                    class={`dev-${deviationClass(grid.deviation ?? 0, data.tolerance)} ${grid.code === store.grid.value ? 'chosen' : ''}`}
                    title={`${gridNumber(grid.code)} ${grid.name ?? ''} ${signed(grid.deviation)} %`}
                    aria-label={`${gridNumber(grid.code)} ${grid.name ?? ''} ${signed(grid.deviation)} %`}
                    onClick={() => (store.grid.value = grid.code)}
                    onMouseEnter={() => (store.hover.value = grid.code)}
                    onMouseLeave={() => (store.hover.value = null)}
                  />
                ))
              ) : (
                <span class={`dev-${deviationClass(-edge + (k + 0.5) * step, data.tolerance)}`} style={{ height: `${(column.length / top) * 100}%` }} />
              )}
            </span>
          ))}
        </div>
        <div class="x foot muted" aria-hidden="true">
          {[-1, -0.5, 0, 0.5, 1].map((part) => (
            <span key={part}>{part === 0 ? '0 %' : `${signed(part * edge, 0)} %`}</span>
          ))}
        </div>
      </div>
      <p class="visually-hidden">{number(data.grids.length)}</p>
    </figure>
  )
}
