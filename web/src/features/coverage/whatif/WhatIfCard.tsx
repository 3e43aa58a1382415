import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t, tOr } from '../../../i18n'
import { gridNumber, number, share } from '../../../i18n/format'
import { listMode } from '../../../map/store'
import { NumberField } from '../../../ui/fields'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'
import { report } from '../desk'
import { count } from '../figures'
import type { CameraIdea, SeenIdea } from '../types'
import { ExistingFoot, Was } from './ExistingFoot'
import { nameOf, original } from './existing'
import { keep } from './keep'
import { answer, bestHeading, change, chosen, chosenAt, discard, drop, failure, ideas, opened, refused, seenByKey, unsaved, waiting, whyNot } from './state'

/** A change with its sign: `+125`, `−3`, `0`. */
export const plus = (value: number, digits = 0): string => (value > 0 && number(value, digits) !== number(0, digits) ? `+${number(value, digits)}` : number(value, digits))

const SAY_MS = 1_000

/** Says the figures once a second at most while the hand moves, and once when it rests. */
function Spoken({ words }: { words: string }): JSX.Element {
  const [said, say] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => say(words), SAY_MS)
    return () => clearTimeout(timer)
  }, [words])
  return (
    <p class="visually-hidden" aria-live="polite">
      {said}
    </p>
  )
}

/** A place in degrees, taken when the field is left: half a number is no place. */
function Degrees({ one, name, most }: { one: CameraIdea; name: 'lon' | 'lat'; most: number }): JSX.Element {
  const put = (value: number): void => change(one.key, { [name]: value })
  return <NumberField id={`idea-${name}`} label={t(`whatif.field.${name}`)} value={one[name].toFixed(6)} low={-most} high={most} step={0.00001} put={put} />
}

function Numbers({ one }: { one: CameraIdea }): JSX.Element {
  const field = (name: 'azimuth' | 'hfov' | 'max_range' | 'sensor_px', low: number, high: number): JSX.Element => {
    const now = one[name]
    const put = (value: number): void => change(one.key, { [name]: value })
    return <NumberField id={`idea-${name}`} label={t(`whatif.field.${name}`)} value={now === null ? '' : Math.round(now)} low={low} high={high} live put={put} />
  }
  return (
    <details class="small" open={one.id !== null}>
      <summary>{t('whatif.exact')}</summary>
      <div class="idea-fields">
        {field('azimuth', 0, 359)}
        {field('hfov', 10, 360)}
        {field('max_range', 5, 500)}
        {one.id === null && field('sensor_px', 320, 12_000)}
        <Degrees one={one} name="lon" most={180} />
        <Degrees one={one} name="lat" most={90} />
      </div>
      <label class="row">
        <input type="checkbox" checked={one.ptz} onChange={(event) => change(one.key, { ptz: event.currentTarget.checked })} />
        {t('whatif.ptz')}
      </label>
    </details>
  )
}

function Privacy({ seen }: { seen: SeenIdea | undefined }): JSX.Element {
  if (!seen || seen.privacy.length === 0) return <dd>{t('whatif.privacyNone')}</dd>
  return (
    <dd class="bad-words">
      {seen.privacy.map((one) => `${tOr(`zone.${one.kind}`, one.kind)}: ${t('unit.m2', { n: number(one.overlap_m2, one.overlap_m2 < 10 ? 1 : 0) })}`).join(', ')}
    </dd>
  )
}

/** Homes whose front the camera would look at in detail. */
function Homes({ seen }: { seen: SeenIdea | undefined }): JSX.Element {
  const homes = seen?.homes ?? []
  if (homes.length === 0) return <dd>{t('whatif.homesNone', { level: t('cov.level.discern') })}</dd>
  return <dd class="bad-words">{t('whatif.homesMany', { n: number(homes.length), m: number(homes.reduce((all, one) => all + one.facade_m, 0)) })}</dd>
}

/** What all proposed cameras together would change, in figures of the area on screen. */
function Facts({ one, seen }: { one: CameraIdea | null; seen: SeenIdea | undefined }): JSX.Element {
  const told = answer.value
  const s = report.value?.summary
  const after = s && told ? s.seen_m + told.change.seen_m : NaN
  const heading = one && (one.ptz || one.dome ? t('camera.fullCircle') : one.azimuth === null ? t('camera.headingUnknown') : `${number(one.azimuth)}°`)
  return (
    <dl class="facts">
      <dt>{t('coverage.streets')}</dt>
      <dd>
        <span class="strong">{told ? t('unit.m', { n: plus(told.change.seen_m) }) : '–'}</span>{' '}
        <span class="muted nowrap">
          {s && share(s.seen_m, s.streets_m)} → {s && share(after, s.streets_m)} %
        </span>
      </dd>
      <dt>{t('coverage.upper')}</dt>
      <dd>{told ? t('unit.m', { n: plus(told.change.seen_m_upper) }) : '–'}</dd>
      <dt>{t('coverage.places')}</dt>
      <dd>
        <span class="strong">{told ? plus(told.change.places_seen) : '–'}</span>{' '}
        <span class="muted nowrap">{s && told && t('whatif.places', { a: count(s.key_places_seen), b: count(s.key_places_seen + told.change.places_seen), all: number(s.key_places) })}</span>
      </dd>
      {one && (
        <>
          <dt>{t('whatif.view')}</dt>
          <dd>{seen ? t('unit.m2', { n: number(seen.area_m2) }) : '–'}</dd>
          {seen && typeof seen.already_m2 === 'number' && (
            <>
              <dt>{t('whatif.already')}</dt>
              <dd>{t('whatif.alreadyOf', { a: number(seen.already_m2), b: number(seen.area_m2) })}</dd>
            </>
          )}
          <dt>{t('whatif.headingFieldRange')}</dt>
          <dd class="nowrap">{[heading, `${number(one.hfov)}°`, t('unit.m', { n: number(seen?.range_m ?? one.max_range) })].join(' · ')}</dd>
          <dt>{t('whatif.privacy')}</dt>
          <Privacy seen={seen} />
          <dt>{t('whatif.homes')}</dt>
          <Homes seen={seen} />
        </>
      )}
    </dl>
  )
}

function touched(): string {
  const rows = (answer.value?.grids ?? []).map((one) => ({ code: one.code, gain: one.after.seen_m - one.before.seen_m })).filter((one) => Math.abs(one.gain) >= 0.5)
  rows.sort((a, b) => Math.abs(b.gain) - Math.abs(a.gain))
  return rows.slice(0, 4).map((one) => t('whatif.gridGain', { n: gridNumber(one.code), m: plus(one.gain) })).join(', ')
}

/** Why the proposed cameras can't be kept, or nothing. */
export function whyNotKept(): string {
  if (!unsaved.value) return t('whatif.saved')
  return refused.value.length > 0 ? t('whatif.keepRefused', { n: refused.value.join(', ') }) : ''
}

function ProposedFoot({ one }: { one: CameraIdea | null }): JSX.Element {
  const why = whyNotKept()
  return (
    <div class="row wrap">
      <button type="button" class="button primary" aria-disabled={why !== ''} title={why} onClick={() => void (why === '' && keep())}>
        {t('whatif.keep')} <kbd>Enter</kbd>
      </button>
      {one && !one.ptz && !one.dome && (
        <button type="button" class="button" onClick={() => void bestHeading(one.key)}>
          {t('whatif.best')} <kbd>H</kbd>
        </button>
      )}
    </div>
  )
}

/** The proposed camera in the hand: what it would add, and what may be done with it. */
export function WhatIfCard(): JSX.Element | null {
  const all = ideas.value
  if (all.length === 0) return null
  const one = chosen.value
  const seen = one ? seenByKey.value.get(one.key) : undefined
  const refused = seen ? whyNot(seen) : null
  const turn = seen?.turn_deg ?? null
  const was = original.value
  const title = one ? (was ? t('camera.inHand', { ref: nameOf(was) }) : t('whatif.title', { n: chosenAt.value + 1 })) : t('whatif.many', { n: all.length })
  const grids = touched()
  const told = answer.value
  return (
    <section class={`whatif-card ${listMode.value ? '' : 'card'}`} aria-label={title} data-testid="whatif">
      <header class="row">
        <h2>{title}</h2>
        <span class="chip info">{t('whatif.chip')}</span>
        {opened.value && <span class="chip outline ellipsis">{opened.value.name}</span>}
        <span class="grow" />
        <button type="button" class="button quiet icon-only" aria-label={one ? t('whatif.remove') : t('whatif.discard')} onClick={() => (one ? drop(one.key) : discard())}>
          <Icon name="close" />
        </button>
      </header>
      <div class="stack" aria-busy={waiting.value}>
        <Facts one={one} seen={seen} />
        {grids && <p class="small second" data-testid="touched">{grids}</p>}
        {refused && (
          <p class="note warn" role="status">
            <Icon name="warning" />
            <span class="grow">{refused}</span>
            {one && turn !== null && (
              <button type="button" class="button" onClick={() => change(one.key, { azimuth: (one.azimuth ?? 0) + turn })}>
                {t('whatif.turnBy', { n: number(Math.abs(turn)), way: t(turn > 0 ? 'whatif.right' : 'whatif.left') })}
              </button>
            )}
          </p>
        )}
        {seen && seen.moved_m > 0.5 && <p class="small muted">{t('whatif.moved', { m: number(seen.moved_m, 1) })}</p>}
        {failure.value !== null && <ErrorNote error={failure.value} />}
        {one && was && <Was one={one} camera={was} />}
        {one && <Numbers key={one.key} one={one} />}
        {one && was ? <ExistingFoot one={one} camera={was} /> : <ProposedFoot one={one} />}
      </div>
      <Spoken words={told ? `${t('whatif.said', { m: plus(told.change.seen_m), p: plus(told.change.places_seen) })}. ${grids}` : ''} />
    </section>
  )
}
