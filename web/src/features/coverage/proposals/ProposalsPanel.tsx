import type { JSX } from 'preact'
import { limited } from '../../../api/rights'
import { useEffect } from 'preact/hooks'
import { lang, t } from '../../../i18n'
import { number } from '../../../i18n/format'
import { store } from '../../../map/store'
import { ErrorNote } from '../../../ui/states'
import { report } from '../desk'
import { takeById } from '../whatif/existing'
import { placements } from '../whatif/keep'
import { gone, thinkAway } from '../whatif/state'
import { plus } from '../whatif/WhatIfCard'
import { Ideas, NEAR } from './Ideas'
import { PlaceForm } from './PlaceForm'
import { redundant } from './redundant'
import { Saved } from './Saved'

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
      {found && <p class="small second">{lang.value === 'zh' ? found.note_zh : found.note_en} {found.removable.length + found.turnable.length > 0 && t('spare.onMap')}</p>}
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
            <button type="button" class="link" onClick={() => void takeById(one.id, { azimuth: one.new_azimuth })}>
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
  if (limited.value) return <p class="pad small second">{t('place.wholeOnly')}</p>
  return (
    <div class="panel-scroll sections">
      <Ideas />
      <Saved />
      <PlaceForm />
      <Spare />
    </div>
  )
}
