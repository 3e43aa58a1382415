import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { lang, t, tOr } from '../../../i18n'
import { gridNumber, moment, number, position, share } from '../../../i18n/format'
import { listMode, store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'
import { report } from '../desk'
import { count } from '../figures'
import type { Placement } from '../types'
import { addAtMiddle } from '../whatif/Adding'
import { keep, placements } from '../whatif/keep'
import { adding, answer, chosenKey, discard, drop, gone, ideas, opened, seenByKey, thinkAway, turnExisting, unsaved } from '../whatif/state'
import { plus } from '../whatif/WhatIfCard'
import { current, openById, remove } from './list'
import { PlaceForm } from './PlaceForm'
import { redundant } from './redundant'

const NEAR = 18

function startAdding(): void {
  if (listMode.peek()) return
  adding.value = true
}

/** Cameras that are proposed now, as a list: each can be found, taken in hand or dropped without the map. */
function Ideas(): JSX.Element {
  const told = answer.value
  return (
    <section class="pad stack" aria-labelledby="ideas-title">
      <div class="row wrap">
        <h2 id="ideas-title" class="grow">
          {opened.value ? t('place.open', { name: opened.value.name }) : t('whatif.yours')}
        </h2>
        <button type="button" class="button" aria-pressed={adding.value} aria-disabled={listMode.value} onClick={startAdding}>
          <Icon name="plus" />
          {t('whatif.add')} <kbd>A</kbd>
        </button>
      </div>
      {ideas.value.length === 0 && gone.value.length === 0 && <p class="small muted">{t('whatif.none')}</p>}
      <ul class="lines">
        {ideas.value.map((one, k) => (
          <li key={one.key} class="row">
            <button
              type="button"
              class="answer-row"
              aria-current={one.key === chosenKey.value}
              onClick={() => {
                chosenKey.value = one.key
                store.goTo.value = { at: [one.lon, one.lat], zoom: NEAR }
              }}
            >
              <span class="strong key">{k + 1}</span>
              <span class="grow num-left">{position(one.lon, one.lat)}</span>
              <span class="small second nowrap">{one.azimuth === null || one.ptz || one.dome ? t('camera.fullCircle') : `${number(one.azimuth)}°`}</span>
              {seenByKey.value.get(one.key)?.allowed === false && <span class="chip warn">{t('whatif.refused')}</span>}
            </button>
            <button type="button" class="button quiet icon-only" aria-label={t('whatif.removeN', { n: k + 1 })} onClick={() => drop(one.key)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
        {gone.value.map((one) => (
          <li key={one.id} class="row small">
            <span class="grow">{t('whatif.gone', { ref: one.ref })}</span>
            <button type="button" class="link" onClick={() => thinkAway(one)}>
              {t('common.undo')}
            </button>
          </li>
        ))}
      </ul>
      {told && (
        <p class="small">
          {t('whatif.together', { m: plus(told.change.seen_m), p: plus(told.change.places_seen) })}
        </p>
      )}
      {(ideas.value.length > 0 || gone.value.length > 0) && (
        <div class="row wrap">
          <button type="button" class="button primary" aria-disabled={!unsaved.value || ideas.value.length === 0} onClick={() => void (unsaved.value && keep())}>
            {t('whatif.keep')}
          </button>
          <button type="button" class="button quiet" onClick={discard}>
            {t('whatif.discard')}
          </button>
        </div>
      )}
    </section>
  )
}

function figuresOf({ summary: s }: Placement): string {
  const streets = report.value?.summary.streets_m
  const parts = [
    t('place.cameras', { n: number(s.cameras) }),
    `${share(s.seen_m_before, streets)} → ${share(s.seen_m_after, streets)} %`,
    t('place.places', { a: count(s.places_seen_before), b: count(s.places_seen_after) }),
  ]
  if (s.gap !== null && s.gap !== undefined) parts.push(t('place.gap', { share: number(s.gap * 100, 2) }))
  if (s.cost) parts.push(`${number(s.cost)} ${s.currency ?? ''}`.trim())
  return parts.join(' · ')
}

function Saved(): JSX.Element | null {
  const all = placements.data.value
  if (placements.error.value) return <ErrorNote error={placements.error.value} retry={() => void placements.load()} />
  if (!all || all.length === 0) return null
  return (
    <section class="pad" aria-labelledby="saved-title">
      <h2 id="saved-title">{t('place.saved')}</h2>
      <ul class="lines">
        {all.map((one) => (
          <li key={one.id}>
            <div class="row">
              <button type="button" class="answer-row" aria-current={opened.value?.id === one.id} onClick={() => void openById(one.id)}>
                <span class="grow">
                  <span class="strong block ellipsis">{one.name}</span>
                  <span class="small muted block">{figuresOf(one)}</span>
                </span>
                <span class="small muted nowrap">{moment(one.created_at)}</span>
              </button>
              <button type="button" class="button quiet icon-only" aria-label={t('place.delete', { name: one.name })} onClick={() => void remove(one)}>
                <Icon name="close" />
              </button>
            </div>
            {opened.value?.id === one.id && current.value && <Notes of={current.value} />}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What the search left out, and what it promises. */
function Notes({ of }: { of: Placement }): JSX.Element {
  const s = of.summary
  const refused = Object.entries(s.refused ?? {}).filter(([, many]) => many > 0)
  const note = lang.value === 'zh' ? s.note_zh : s.note_en
  return (
    <div class="small second stack pad-small">
      {note && <p>{note}</p>}
      {s.candidates > 0 && <p>{t('place.candidates', { n: number(s.candidates), refused: refused.map(([why, many]) => `${tOr(`place.refused.${why}`, why)} ${number(many)}`).join(', ') || '0' })}</p>}
      {s.minima.map((one) => (
        <p key={one.area}>{t('place.minimum', { name: one.name, placed: one.placed, least: one.least })}</p>
      ))}
      <ol class="cameras-of">
        {(of.cameras ?? []).slice(0, 50).map((one) => (
          <li key={one.rank}>
            {t('place.line', { n: one.rank, grid: one.grid_code ? gridNumber(one.grid_code) : '–', mount: tOr(`mount.${one.mount}`, one.mount), gain: number(one.gain, 1) })}
          </li>
        ))}
      </ol>
    </div>
  )
}

function Spare(): JSX.Element {
  const found = redundant.data.value
  return (
    <section class="pad stack" aria-labelledby="spare-title">
      <div class="row">
        <h2 id="spare-title" class="grow">
          {t('spare.title')}
        </h2>
        <button type="button" class="button" aria-busy={redundant.loading.value} onClick={() => void redundant.load()}>
          {t('spare.find')}
        </button>
      </div>
      {redundant.error.value && <ErrorNote error={redundant.error.value} />}
      {!found && <p class="small muted">{t('spare.hint')}</p>}
      {found && <p class="small second">{lang.value === 'zh' ? found.note_zh : found.note_en}</p>}
      {found && found.removable.length + found.turnable.length === 0 && <p class="small">{t('spare.none')}</p>}
      <ul class="lines">
        {(found?.removable ?? []).map((one) => (
          <li key={one.id} class="row">
            <button type="button" class="answer-row" onClick={() => (store.goTo.value = { at: [one.lon, one.lat], zoom: NEAR })}>
              <span class="grow">{t('spare.removable', { ref: one.ref })}</span>
              <span class="small muted">{t('spare.sees', { m: number(one.sees_m) })}</span>
            </button>
            <button type="button" class="link" aria-pressed={gone.value.some((it) => it.id === one.id)} onClick={() => thinkAway(one)}>
              {t(gone.value.some((it) => it.id === one.id) ? 'common.undo' : 'spare.tryGo')}
            </button>
          </li>
        ))}
        {(found?.turnable ?? []).map((one) => (
          <li key={one.id} class="row">
            <button type="button" class="answer-row" onClick={() => (store.goTo.value = { at: [one.lon, one.lat], zoom: NEAR })}>
              <span class="grow">{t('spare.turnable', { ref: one.ref, from: one.azimuth === null ? '–' : number(one.azimuth), to: number(one.new_azimuth) })}</span>
              <span class="small muted">{t('spare.gain', { m: plus(one.gain_m), p: plus(one.gain_places) })}</span>
            </button>
            <button type="button" class="link" onClick={() => turnExisting(one, one.new_azimuth)}>
              {t('spare.tryTurn')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Cameras that are not there yet: by hand or by a search with a budget; and those that could go. */
export function ProposalsPanel(): JSX.Element {
  useEffect(() => void placements.load(), [report.value?.run.plan_id])
  return (
    <div class="panel-scroll sections">
      <Ideas />
      <Saved />
      <PlaceForm />
      <Spare />
    </div>
  )
}
export { addAtMiddle }
