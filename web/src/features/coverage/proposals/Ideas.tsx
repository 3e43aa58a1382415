import type { JSX } from 'preact'
import type { Camera } from '../../../api/types'
import { t } from '../../../i18n'
import { day, number, position } from '../../../i18n/format'
import { listMode, store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { nameOf } from '../whatif/existing'
import { keep, wantedName } from '../whatif/keep'
import { adding, answer, chosenKey, discard, drop, gone, ideas, opened, originals, seenByKey, thinkAway } from '../whatif/state'
import { plus, whyNotKept } from '../whatif/WhatIfCard'

/** Near enough to see how a camera looks. */
export const NEAR = 18

function startAdding(): void {
  if (listMode.peek()) return
  adding.value = true
}

/** Cameras that are proposed now, as a list: each can be found, taken in hand or dropped without the map. */
export function Ideas(): JSX.Element {
  const told = answer.value
  const why = whyNotKept()
  const fresh = ideas.value.filter((one) => one.id === null).length
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
              <span class="grow num-left">
                {one.id && originals.value.has(one.id) ? `${nameOf(originals.value.get(one.id) as Camera)} · ` : ''}
                {position(one.lon, one.lat)}
              </span>
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
      {fresh > 0 && (
        <div class="field">
          <label for="proposal-name">{t('place.name')}</label>
          <input
            id="proposal-name"
            class="input"
            maxLength={200}
            placeholder={opened.value?.name ?? t('whatif.usualName', { day: day(new Date()) })}
            value={wantedName.value ?? ''}
            onInput={(event) => (wantedName.value = event.currentTarget.value || null)}
          />
        </div>
      )}
      {(ideas.value.length > 0 || gone.value.length > 0) && (
        <div class="row wrap">
          <button type="button" class="button primary" aria-disabled={why !== '' || fresh === 0} title={why} onClick={() => void (why === '' && fresh > 0 && keep())}>
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
