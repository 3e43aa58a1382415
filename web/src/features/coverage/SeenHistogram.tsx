import type { JSX } from 'preact'
import type { CoverageGrid } from '../../api/types'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { store } from '../../map/store'
import { bins, niceTop } from '../../ui/histogram'
import { readFilter, seenShare } from './figures'

const STEP = 5

/** Grids by the share of their streets that is seen; a bar filters the table. */
export function SeenHistogram({ rows, mean }: { rows: CoverageGrid[]; mean: number }): JSX.Element {
  const shares = rows.map((row) => seenShare(row) * 100).filter(Number.isFinite)
  const high = Math.min(100, Math.max(20, Math.ceil((Math.max(0, ...shares) + 0.01) / 20) * 20))
  const steps = bins(shares, 0, high, STEP)
  const top = niceTop(Math.max(1, ...steps.map((step) => step.count)))
  const filter = readFilter(store.filter.value)
  const pick = (from: number, to: number): void => {
    const text = `seen:${from}-${to}`
    store.filter.value = store.filter.value === text ? null : text
  }
  return (
    <figure class="histogram" aria-label={t('coverage.histogram')}>
      <figcaption class="row small">
        <span class="strong second grow">{t('coverage.histogram')}</span>
        <span class="muted">{t('coverage.histogramHint')}</span>
      </figcaption>
      <div class="plot">
        <div class="y foot muted" aria-hidden="true">
          <span>{top}</span>
          <span>{top / 2}</span>
          <span>0</span>
        </div>
        <div class="bars">
          {steps.map((step) => {
            const chosen = filter?.kind === 'seen' && filter.from === step.from
            const label = `${t('coverage.filtered', { a: step.from, b: step.to })}: ${t('reports.grids', { n: step.count })}`
            return (
              <button
                key={step.from}
                type="button"
                class={filter?.kind === 'seen' && !chosen ? 'faded' : ''}
                aria-pressed={chosen}
                aria-label={label}
                title={label}
                onClick={() => pick(step.from, step.to)}
              >
                <span style={{ height: `${(step.count / top) * 100}%` }} />
              </button>
            )
          })}
          {Number.isFinite(mean) && (
            <span class="mean foot" style={{ left: `${(mean / high) * 100}%` }}>
              <span>{t('coverage.allGrids', { n: number(mean, 1) })}</span>
            </span>
          )}
        </div>
        <div class="x foot muted" aria-hidden="true">
          {Array.from({ length: high / 20 + 1 }, (_, k) => (
            <span key={k}>{k * 20} %</span>
          ))}
        </div>
      </div>
    </figure>
  )
}
