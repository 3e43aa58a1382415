import type { JSX } from 'preact'
import { Problem } from '../../api/client'
import { t } from '../../i18n'
import { distance, gridNumber, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { located, locatedError } from './located'

interface Turned {
  lon: number
  lat: number
}

/** The place turned round, where longitude and latitude seem to have changed places: a refusal or an answer has it. */
function turned(): Turned | null {
  const failure = locatedError.value
  const fix = failure instanceof Problem ? (failure.body as { fix?: Turned }).fix : undefined
  if (fix) return fix
  const [first] = located.value?.hint === 'swapped' ? located.value.candidates : []
  return first?.lon !== undefined && first.lat !== undefined ? { lon: first.lon, lat: first.lat } : null
}

/** Offers the place turned round. */
export function TurnedPlace(): JSX.Element | null {
  const place = turned()
  if (!place) return null
  const use = (): void => {
    store.place.value = { ...place, accuracy_m: store.place.peek()?.accuracy_m ?? null }
    store.goTo.value = { at: [place.lon, place.lat], zoom: 17 }
  }
  return (
    <div class="note warn row wrap">
      <Icon name="warning" />
      <span class="grow">{t('here.swapped')}</span>
      <button type="button" class="button" onClick={use}>
        {t('here.useTurned', { place: position(place.lon, place.lat) })}
      </button>
    </div>
  )
}

/** Which grid a place is in, in a line, or what is odd about it. */
export function PlaceSaid(): JSX.Element | null {
  const answer = located.value
  if (locatedError.value || answer?.hint === 'swapped') return <TurnedPlace />
  if (!answer?.point) return null
  if (answer.hint === 'placeholder' || answer.placement === 'outside') {
    return (
      <p class="note warn">
        <Icon name="warning" />
        {t(answer.hint === 'placeholder' ? 'here.placeholder' : 'here.outside')}
      </p>
    )
  }
  const [first] = answer.grids
  const grids = answer.grids.map((grid) => [gridNumber(grid.code), grid.name, grid.head?.work_no ?? t('here.noHead')].filter(Boolean).join(' · '))
  const { accuracy_m } = answer.point
  return (
    <>
      {grids.map((words) => (
        <span key={words} class="hint">
          {t('grid.grid')} {words}
        </span>
      ))}
      {answer.placement === 'ambiguous' && (
        <span class="hint">{accuracy_m && first?.distance_m != null ? t('here.ambiguous', { d: distance(Math.abs(first.distance_m)), a: distance(accuracy_m) }) : t('here.ambiguousNear')}</span>
      )}
    </>
  )
}
