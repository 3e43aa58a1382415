import type { JSX } from 'preact'
import type { CaseFull, Duplicate } from '../../api/types'
import { t, tOr, type Key } from '../../i18n'
import { day, distance, moment, number } from '../../i18n/format'
import { store } from '../../map/store'
import { ClockRing } from '../../ui/ClockRing'
import { clockWords, colourNow, span, type Clock, type ClockColour } from '../../ui/clocks'
import { Icon } from '../../ui/Icon'
import { Section } from '../place/Answer'
import { clockTime } from './desk'
import { LinkAll, UnlinkAll } from './LinkAll'
import { asDuplicateMs } from './order'
import { act } from './sending'
import { itemWords, shortNo, stateWord, stepWords } from './words'

type Told = CaseFull['clocks']['stage']

function OneClock({ of, words }: { of: NonNullable<Told>; words: string }): JSX.Element {
  const clock: Clock = { ...of, colour: of.colour as ClockColour }
  const colour = colourNow(clock, clockTime.value)
  return (
    <li class="row case-clock" title={of.provisional ? t('dispatch.provisional') : undefined}>
      <ClockRing share={of.share} colour={colour} />
      <span>
        <span class="block small strong">{words}</span>
        <span class={`foot clock-words ${colour}`}>{clockWords(clock, clockTime.value)}</span>
        {of.earlier.map((one) => (
          <span key={one.at} class="block foot muted">
            {t(one.reason === 'rule' ? 'dispatch.beforeRule' : 'dispatch.beforeCalendar', { t: moment(one.due_at, clockTime.value), at: moment(one.at, clockTime.value) })}
          </span>
        ))}
      </span>
    </li>
  )
}

/** The clocks of a case: of its stage, of the phases, in all. */
export function Clocks({ of }: { of: CaseFull }): JSX.Element {
  const { stage, total, phases, review } = of.clocks
  const until = (one: NonNullable<Told>): string => moment(one.due_at, clockTime.value)
  const lines = [
    stage && { one: stage, words: t('dispatch.stageBy', { step: tOr(`dispatch.owed.${stage.state.toLowerCase()}`, stage.state), t: until(stage) }) },
    ...phases.map((one) => ({ one, words: t('dispatch.phaseBy', { phase: one.name, t: until(one) }) })),
    total && { one: total, words: t('dispatch.totalBy', { t: until(total) }) },
    review && { one: review, words: t('dispatch.reviewOn', { t: review.due_at ? day(new Date(review.due_at)) : '–' }) },
  ].filter((line) => line !== null)
  const linked = asDuplicateMs(of.transitions, clockTime.value)
  return (
    <>
      {lines.length > 0 && (
        <ul class="case-clocks">
          {lines.map(({ one, words }) => (
            <OneClock key={`${one.kind} ${one.phase}`} of={one} words={words} />
          ))}
        </ul>
      )}
      {linked > 0 && <p class="small muted">{t('dispatch.asDuplicate', { t: span(linked) })}</p>}
    </>
  )
}

function DuplicateRow({ one, of, may }: { one: Duplicate; of: CaseFull; may: boolean }): JSX.Element {
  return (
    <li class="answer-row">
      <button type="button" class="link" onClick={() => (store.incident.value = one.no)}>
        {shortNo(one.no)}
      </button>
      <span class="grow small second">
        {t('dispatch.duplicateOf', { item: itemWords(one), d: distance(one.distance_m), h: number(one.hours, 1) })} · {tOr(`dispatch.because.${one.reason}`, one.reason)}
      </span>
      {may && (
        <button type="button" class="link" onClick={() => void act(of.incident, 'link_duplicate', { master: one.no })}>
          {t('dispatch.link')}
        </button>
      )}
    </li>
  )
}

/** What may be the same, and what is linked already. */
export function Duplicates({ of }: { of: CaseFull }): JSX.Element | null {
  const may = of.actions.some(({ action }) => action === 'link_duplicate')
  return (
    <>
      {of.proposed.length > 0 && (
        <Section icon="copy" title={t('dispatch.possibleDuplicates')} side={may ? <kbd>L</kbd> : undefined}>
          <ul>
            {of.proposed.map((one) => (
              <DuplicateRow key={one.no} one={one} of={of} may={may} />
            ))}
          </ul>
          <LinkAll of={of} />
        </Section>
      )}
      {of.duplicates.length > 0 && (
        <Section icon="copy" title={t('dispatch.linkedHere')} side={number(of.duplicates.length)}>
          <ul>
            {of.duplicates.map((one) => (
              <li key={one.no} class="answer-row">
                <button type="button" class="link" onClick={() => (store.incident.value = one.no)}>
                  {shortNo(one.no)}
                </button>
                <span class="grow small second ellipsis">{itemWords(one)}</span>
                <span class="small muted num">{moment(one.reported_at)}</span>
              </li>
            ))}
          </ul>
          <UnlinkAll of={of} />
        </Section>
      )}
    </>
  )
}

/** Photos of the place, before and after. */
export function Photos({ of }: { of: CaseFull }): JSX.Element | null {
  if (of.media.length === 0) return null
  return (
    <Section icon="photo" title={t('dispatch.photos')} side={number(of.media.length)}>
      <ul class="row wrap case-photos">
        {of.media.map((one, k) => {
          const name = t('dispatch.photo', { n: k + 1, stage: tOr(`dispatch.stage.${one.stage}`, one.stage) })
          return (
            <li key={one.id}>
              <a href={one.url} target="_blank" rel="noreferrer" aria-label={name} title={name}>
                <img src={one.url} alt={name} loading="lazy" />
              </a>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

/** Every step of a case, the last first. */
export function History({ of }: { of: CaseFull }): JSX.Element {
  return (
    <Section icon="history" title={t('dispatch.history')} side={number(of.transitions.length)}>
      <ol class="case-history">
        {[...of.transitions].reverse().map((one) => (
          <li key={one.seq}>
            <span class="row small">
              <span class="strong grow">
                {stepWords(one)}
                {one.to_state !== one.from_state && <span class="muted"> → {stateWord({ state: one.to_state })}</span>}
              </span>
              <span class="muted num">{moment(one.at)}</span>
            </span>
            <span class="block small muted">{one.actor?.name ?? t('dispatch.system')}</span>
            {(one.reason ?? one.text) && <span class="block small second">{[one.reason && tOr(`dispatch.reason.${one.reason}`, one.reason), one.text].filter(Boolean).join(' · ')}</span>}
            {one.erased && <span class="block small muted">{t('dispatch.textErased')}</span>}
          </li>
        ))}
      </ol>
    </Section>
  )
}

/** The request that waits for a decision, with who asked and why. */
export function Asked({ of }: { of: CaseFull }): JSX.Element | null {
  const { pending } = of.incident
  if (!pending) return null
  const asked = [...of.transitions].reverse().find(({ action }) => action === `request_${pending}`)
  return (
    <div class="note warn">
      <Icon name="warning" />
      <span>
        <span class="strong">{t('dispatch.requestOf', { what: t(`dispatch.asked.${pending}` as Key), who: asked?.actor?.name ?? '–', t: moment(asked?.at) })}</span>
        {asked?.reason && <span class="block">{asked.reason}</span>}
      </span>
    </div>
  )
}
