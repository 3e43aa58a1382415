import type { JSX } from 'preact'
import { t } from '../../i18n'
import { distance, number, share } from '../../i18n/format'
import { Icon } from '../../ui/Icon'
import { Kpi } from '../../ui/Kpi'
import type { CoverageReport } from '../../api/types'
import { area, areas, comparison } from './desk'
import { count, ratePercent, type Scope } from './figures'
import type { Rate } from './types'

const RATES = ['networked', 'online', 'serviceable'] as const

/** One rate beside its target: a sign and a word, never the colour alone. */
export function RateWords({ name, rate }: { name: (typeof RATES)[number]; rate: Rate }): JSX.Element {
  const known = rate.rate !== null && rate.rate !== undefined
  const figure = known ? t('cov.rateValue', { rate: ratePercent(rate), target: number(rate.target * 100) }) : '–'
  return (
    <li class={`rate ${known ? (rate.met ? 'good' : 'bad') : ''}`}>
      {known && <Icon name={rate.met ? 'check' : 'warning'} title={t(rate.met ? 'cov.met' : 'cov.notMet')} />}
      <span class="second">{t(`cov.rate.${name}`)}</span> <span class="nowrap">{figure}</span>
    </li>
  )
}

/** The headline: known figures with what unknown headings may add, both definitions, rates against targets. */
export function Figures({ report, scope, earlier }: { report: CoverageReport; scope: Scope; earlier: Scope | null }): JSX.Element {
  const rates = area.value?.rates ?? report.summary.rates
  const before = comparison.data.value?.summary.find((one) => one.figure === 'seen_m')
  const was = earlier ? t('whatif.before', { share: share(earlier.seen_m, earlier.street_m) }) : before && !area.value ? t('whatif.before', { share: share(before.a, scope.street_m) }) : t('coverage.streetNote', { seen: distance(scope.seen_m), all: distance(scope.street_m) })
  const unknown = report.summary.cameras_unknown_heading
  return (
    <>
      <dl class="kpis">
        <Kpi name={t('coverage.streets')} value={`${share(scope.seen_m, scope.street_m)} %`} note={was} />
        <Kpi
          name={t('coverage.upper')}
          value={`≤ ${share(scope.seen_m_upper, scope.street_m)} %`}
          note={t('coverage.unknownNote', { n: number(unknown) })}
        />
        <Kpi
          name={t('coverage.places')}
          value={t('coverage.of', { a: count(scope.places_seen), b: number(scope.places) })}
          note={
            scope.places_seen_upper > scope.places_seen
              ? t('cov.placesUpTo', { n: count(scope.places_seen_upper) })
              : t('coverage.gapsNote', { n: count(scope.places - scope.places_seen) })
          }
        />
        <Kpi
          name={t('coverage.online')}
          value={t('coverage.of', { a: count(scope.online), b: number(scope.cameras) })}
          note={t('coverage.onlineNote', { share: `${share(scope.online, scope.cameras)} %` })}
        />
      </dl>
      <details class="definitions small">
        <summary>
          <span>
            <span class="muted">{t('cov.official')}</span>{' '}
            {t('cov.officialValue', { a: number(scope.with_camera), b: number(scope.grids), share: share(scope.with_camera, scope.grids) })}
          </span>
          <span>
            <span class="muted">{t('cov.geometric')}</span> {t('cov.geometricValue', { share: share(scope.seen_m, scope.street_m) })}
          </span>
        </summary>
        <Definitions report={report} />
        {rates && (
          <ul class="rates" aria-label={t('cov.rates')}>
            {RATES.map((name) => rates[name] && <RateWords key={name} name={name} rate={rates[name]} />)}
          </ul>
        )}
      </details>
      {areas.error.value && <p class="visually-hidden">{areas.error.value.message}</p>}
    </>
  )
}

/** What "official" and "geometric" mean, in the server's words. */
export function Definitions({ report }: { report: CoverageReport }): JSX.Element | null {
  const words = report.summary.definitions
  if (!words) return null
  const zh = document.documentElement.lang.startsWith('zh')
  return (
    <>
      <p>{zh ? words.official_zh : words.official_en}</p>
      <p>{zh ? words.geometric_zh : words.geometric_en}</p>
    </>
  )
}
