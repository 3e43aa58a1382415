import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { call, Problem } from '../../api/client'
import type { Incident } from '../../api/types'
import { t } from '../../i18n'
import { position } from '../../i18n/format'
import { store } from '../../map/store'
import { TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { askHere } from '../place/located'
import { PlaceSaid } from '../place/PlaceSaid'
import { find as findPlaces, SearchBox } from '../shell/Search'
import { backToPlace, openAgain, roles } from './desk'
import { pathOfCase } from './EditReport'
import { isShut } from './filters'

/** The case whose place is being put right. */
export const placing = signal<string | null>(null)
const PLACERS = ['intake_officer', 'dispatcher', 'shift_leader']
const PAUSE_MS = 300

/** Whether this account may say where a case is; the server has the last word. */
export const mayPlace = (one: Incident): boolean => !isShut(one.state) && roles.value.some((role) => PLACERS.includes(role))

/** Opens the form: the next click on the map, or the words typed, give the place; `at` is one that is proposed. */
export function startPlacing(one: Incident, at: { lon: number; lat: number } | null = null): void {
  store.picking.value = true
  placing.value = one.no
  if (!at) return
  store.place.value = { ...at, accuracy_m: one.accuracy_m }
  store.goTo.value = { at: [at.lon, at.lat], zoom: 17 }
}

/** Puts the form away, and the place of the case back on the map. */
export function stopPlacing(): void {
  if (!placing.peek()) return
  placing.value = null
  store.picking.value = false
  backToPlace()
}

const ACCURACY_MOST_M = 5000

/** Where a case is, put right: grid, people and the unit that leads there follow. */
export function PlaceForm({ one }: { one: Incident }): JSX.Element {
  // the version that stood when the form was opened: what changed since is refused, not overwritten
  const [revision, setRevision] = useState(one.revision)
  const [accuracy, setAccuracy] = useState(one.accuracy_m === null ? '' : String(Math.round(one.accuracy_m)))
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const place = store.place.value
  const metres = Number(accuracy)
  const badAccuracy = !(metres >= 0 && metres <= ACCURACY_MOST_M)

  useEffect(() => {
    if (place && !badAccuracy && (place.accuracy_m ?? 0) !== metres) store.place.value = { ...place, accuracy_m: metres || null }
  }, [place?.lon, place?.lat, metres])
  useEffect(() => {
    if (!place) return
    const timer = setTimeout(() => void askHere(), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [place?.lon, place?.lat, place?.accuracy_m])
  useEffect(() => () => void (store.picking.value = false), [])

  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!place || badAccuracy || busy) return
    setBusy(true)
    try {
      const body = { place: { lon: place.lon, lat: place.lat, accuracy_m: metres } }
      await call(pathOfCase(one.no), { method: 'PATCH', body, headers: { 'If-Match': `"${revision}"` } })
      placing.value = null
      toast(t('case.placed', { no: one.no }))
      await openAgain()
    } catch (cause) {
      setFailure(cause)
      setBusy(false)
      if (cause instanceof Problem && cause.status === 412) setRevision(Number((cause.body as { current?: Incident }).current?.revision ?? revision))
    }
  }
  return (
    <form class="action-form place-form stack" noValidate aria-label={t('case.setPlace')} onSubmit={(event) => void save(event)}>
      <h3>{t('case.setPlace')}</h3>
      <div class="field">
        <label for="case-place">{t('dispatch.place')}</label>
        <SearchBox
          id="case-place"
          label={t('dispatch.place')}
          placeholder={t('dispatch.placePlaceholder')}
          find={findPlaces}
          onPick={(hit) => {
            store.place.value = { lon: hit.lon, lat: hit.lat, accuracy_m: metres || null }
            store.goTo.value = { at: [hit.lon, hit.lat], zoom: 17 }
          }}
        />
        <button type="button" class="button phone-only" onClick={() => (store.phoneMap.value = true)}>
          <Icon name="map" />
          {t('dispatch.placeMap')}
        </button>
        {place ? (
          <>
            <span class="hint">
              {t('here.position')} {position(place.lon, place.lat)}
            </span>
            <PlaceSaid />
          </>
        ) : (
          <span class="hint">{t('dispatch.placeError')}</span>
        )}
      </div>
      <TextField id="case-accuracy" label={t('dispatch.accuracy')} inputMode="numeric" error={badAccuracy ? t('dispatch.accuracyError') : null} value={accuracy} onInput={setAccuracy} />
      {one.unit && <p class="small muted">{t('case.unitStays', { unit: one.unit.name })}</p>}
      {failure !== null && <ErrorNote error={failure} />}
      <div class="row">
        <button type="submit" class="button big primary" aria-disabled={busy || !place || badAccuracy}>
          {t('dispatch.save')}
        </button>
        <button type="button" class="button big" onClick={stopPlacing}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  )
}

/** Says that a case lacks a place, or that it lies outside every grid, and offers to put it right. */
export function PlaceLacks({ one }: { one: Incident }): JSX.Element | null {
  if (!mayPlace(one) || placing.value === one.no || one.lon !== null) return null
  return (
    <div class="note warn row wrap">
      <Icon name="warning" />
      <span class="grow">{t('case.noPlace')}</span>
      <button type="button" class="button" onClick={() => startPlacing(one)}>
        {t('case.setPlace')}
      </button>
    </div>
  )
}
