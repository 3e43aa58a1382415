import type { JSX } from 'preact'
import { t } from '../../i18n'
import { distance, number, share } from '../../i18n/format'
import { Icon } from '../../ui/Icon'
import { Kpi } from '../../ui/Kpi'
import type { CoverageReport } from '../../api/types'
import { area, areas, comparison } from './desk'
import { count, ratePercent, seenBy, type Scope } from './figures'
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
  // the headline answers the need that was asked for
  const folds = Number(report.run.spec['k'] ?? 1)
  const seen = seenBy(folds, scope)
  const before = comparison.data.value?.summary.find((one) => one.figure === (folds > 1 ? `k${folds}_m` : 'seen_m'))
  const was = earlier ? t('whatif.before', { share: share(seenBy(folds, earlier).surely, earlier.street_m) }) : before && !area.value ? t('whatif.before', { share: share(before.a, scope.street_m) }) : t('coverage.streetNote', { seen: distance(seen.surely), all: distance(scope.street_m) })
  const unknown = report.summary.cameras_unknown_heading
  return (
    <>
      <dl class="kpis">
        <Kpi name={folds > 1 ? t('coverage.streetsBy', { k: folds }) : t('coverage.streets')} value={`${share(seen.surely, scope.street_m)} %`} note={was} />
        <Kpi
          name={t('coverage.upper')}
          value={`≤ ${share(seen.atMost, scope.street_m)} %`}
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
          note={t('coverage.onlineNote', { share: `${ratePercent({ rate: scope.cameras > 0 ? scope.online / scope.cameras : NaN, target: 1, met: scope.online >= scope.cameras })} %` })}
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
        {!report.run.spec['level'] && <p>{t('cov.detailNote')}</p>}
        {rates && (
          <ul class="rates" aria-label={t('cov.rates')}>
            {RATES.map((name) => rates[name] && <RateWords key={name} name={name} rate={rates[name]} />)}
          </ul>
        )}
        {report.summary.availability && <Availability of={report.summary.availability} />}
      </details>
      {areas.error.value && <p class="visually-hidden">{areas.error.value.message}</p>}
    </>
  )
}

/** How much of a month cameras were online, and which were below the target, the worst first. */
function Availability({ of }: { of: NonNullable<CoverageReport['summary']['availability']> }): JSX.Element | null {
  if (of.mean === null) return null
  const percent = (rate: number): string => ratePercent({ rate, target: 1, met: rate >= 1 })
  return (
    <>
      <p>{t('cov.availability', { mean: percent(of.mean), n: number(of.below) })}</p>
      {of.below_target.length > 0 && (
        <ul class="rates" aria-label={t('cov.availabilityBelow')}>
          {of.below_target.map((one) => (
            <li key={one.camera} class="rate bad">
              <Icon name="warning" title={t('cov.notMet')} />
              <span class="second">{one.ref}</span> <span class="nowrap">{percent(one.availability)} %</span>
            </li>
          ))}
        </ul>
      )}
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
