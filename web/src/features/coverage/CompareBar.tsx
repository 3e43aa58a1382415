import type { JSX } from 'preact'
import { t, tOr } from '../../i18n'
import { number } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { CHANGE_COLOURS, CLASSES } from './change'
import { runWords } from './CompareChoice'
import { comparison } from './desk'

/** Which two runs are compared, and which key places changed between them. */
export function CompareBar(): JSX.Element | null {
  const found = comparison.data.value
  if (!found) return null
  return (
    <section class="compare-bar small" aria-label={t('cov.compare')}>
      <div class="row">
        <span class="grow">{t('cov.compareTitle', { a: runWords(found.a), b: runWords(found.b) })}</span>
        <button type="button" class="button quiet icon-only" aria-label={t('cov.compareStop')} onClick={() => (store.compare.value = null)}>
          <Icon name="close" />
        </button>
      </div>
      {!found.same_grids && <p class="muted">{t('cov.compareOther')}</p>}
      {found.places.length > 0 && (
        <details>
          <summary>{t('cov.placesChanged', { n: number(found.places.length) })}</summary>
          <ul>
            {found.places.slice(0, 100).map((one) => (
              <li key={one.id}>
                {one.name || tOr(`place.${one.kind}`, one.kind)}: {t('cov.placeWas', { was: t(`cov.seen.${one.was}`), is: t(`cov.seen.${one.is}`) })}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

/** The colours of change, while two runs are compared. */
export function ChangeLegend(): JSX.Element | null {
  if (!comparison.data.value) return null
  const colours = CHANGE_COLOURS[store.theme.value]
  return (
    <div class="change-legend card small" data-testid="change-legend">
      <span class="strong">{t('cov.compareLegend')}</span>
      <ol>
        {Array.from({ length: CLASSES }, (_, k) => (
          <li key={k}>
            <span class="swatch" style={{ '--swatch': colours[k] }} />
            <span class="foot">{t(`cov.class.${k}` as 'cov.class.0')}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}
