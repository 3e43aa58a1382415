import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import type { Duplicate, Incident, Located, SearchHit } from '../../api/types'
import { t, tOr, type Key } from '../../i18n'
import { distance, number, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { askHere, forgetPlace } from '../place/located'
import { PlaceSaid } from '../place/PlaceSaid'
import { find as findPlaces, SearchBox } from '../shell/Search'
import { expectOwn, reload } from './desk'
import { nameOf, type Item } from '../phone/catalogue'
import { ItemBox } from './ItemBox'
import { itemWords, shortNo } from './words'

export const reporting = signal(false)

export const SEVERITIES = ['minor', 'major', 'critical'] as const
const CHANNELS = ['phone', 'app', 'camera', 'patrol'] as const
const DEFAULT_ACCURACY_M = 20

interface Draft {
  item: string
  /** Of the catalogue; null where the words are somebody's own. */
  item_code: string | null
  description: string
  accuracy: string
  channel: string
  severity: string
  /** How the place was given; a search hit keeps its words. */
  hit: SearchHit | null
  /** The same key on every try: a report is kept once, however often it is sent. */
  key: string
}

const fresh = (): Draft => ({
  item: '',
  item_code: null,
  description: '',
  accuracy: String(DEFAULT_ACCURACY_M),
  channel: 'phone',
  severity: 'minor',
  hit: null,
  key: crypto.randomUUID(),
})

/** Starts a report at the place of the store, or lets the next click on the map give one. */
export function startReport(): void {
  reporting.value = true
  store.picking.value = true
  store.phoneMap.value = false
  // the place of the case in hand is that case's: somebody who rings up now is elsewhere
  if (store.incident.peek()) forgetPlace()
}

function stopReport(): void {
  reporting.value = false
  store.picking.value = false
}

/** What the server is told about the place. */
function placeOf(draft: Draft): Record<string, unknown> | null {
  const place = store.place.value
  if (!place) return null
  return { lon: place.lon, lat: place.lat, accuracy_m: Number(draft.accuracy) || 0 }
}

async function send(draft: Draft): Promise<void> {
  const body = {
    ...placeOf(draft),
    item: draft.item.trim(),
    ...(draft.item_code ? { item_code: draft.item_code } : {}),
    channel: draft.channel,
    severity: draft.severity,
    ...(draft.description.trim() ? { description: draft.description.trim() } : {}),
  }
  const answer = await ask<{ incident: Incident; located: Located }>('/api/v1/incidents', {
    method: 'POST',
    body,
    headers: { 'Idempotency-Key': draft.key },
  })
  stopReport()
  toast(t('dispatch.sent', { no: answer.incident.no }))
  expectOwn(answer.incident.no)
  store.incident.value = answer.incident.no
  await reload()
}

const NEAR_PAUSE_MS = 300

/** Cases that are open near by, asked while the report is written. */
function Near({ draft }: { draft: Draft }): JSX.Element | null {
  const [near, setNear] = useState<Duplicate[]>([])
  const place = store.place.value
  useEffect(() => {
    if (!place) {
      setNear([])
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(() => {
      const asked = { lon: place.lon, lat: place.lat, accuracy_m: place.accuracy_m, item: draft.item.trim(), item_code: draft.item_code, territory: territory.peek()?.id }
      ask<{ duplicates: Duplicate[] }>(`/api/v1/incidents/near${query(asked)}`, { signal: abort.signal })
        .then((found) => setNear(found.duplicates))
        .catch(() => undefined)
    }, NEAR_PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [place?.lon, place?.lat, place?.accuracy_m, draft.item, draft.item_code])
  return (
    <div role="status">
      {near.length > 0 && (
        <section class="note warn near-cases" aria-label={t('dispatch.near')}>
          <Icon name="copy" />
          <div class="grow">
            <p>
              <span class="strong">{t('dispatch.near')}</span> {t('dispatch.nearHint')}
            </p>
            <ul>
              {near.map((one) => (
                <li key={one.no} class="row">
                  <button
                    type="button"
                    class="link"
                    onClick={() => {
                      stopReport()
                      store.incident.value = one.no
                    }}
                  >
                    {shortNo(one.no)}
                  </button>
                  <span class="grow">
                    {t('dispatch.duplicateOf', { item: itemWords(one), d: distance(one.distance_m), h: number(one.hours, 1) })} · {tOr(`dispatch.because.${one.reason}`, one.reason)}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        </section>
      )}
    </div>
  )
}

/** A new report: place, item, description, accuracy. */
export function ReportForm(): JSX.Element {
  const [draft, setDraft] = useState<Draft>(fresh)
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [tried, setTried] = useState(false)
  const place = store.place.value
  const accuracy = Number(draft.accuracy)
  const badAccuracy = draft.accuracy.trim() === '' || !(accuracy >= 0 && accuracy <= 5000)
  const badItem = !draft.item.trim()
  // From the draft of now, not of the render: a place may arrive while someone types on.
  const set = (part: Partial<Draft>): void => setDraft((now) => ({ ...now, ...part, key: crypto.randomUUID() }))

  useEffect(() => {
    if (place && !badAccuracy && place.accuracy_m !== accuracy) store.place.value = { ...place, accuracy_m: accuracy }
  }, [place?.lon, place?.lat, accuracy])
  useEffect(() => () => void (store.picking.value = false), [])

  // a place taken while the form stands is asked about here: a click gives it to the form alone
  useEffect(() => {
    if (!place) return
    const timer = setTimeout(() => void askHere(), NEAR_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [place?.lon, place?.lat, place?.accuracy_m])

  // letters typed after N belong to the report, not to the keys of the desk; a touch screen would put its keys over the form
  useLayoutEffect(() => {
    if (!matchMedia('(pointer: coarse)').matches) document.getElementById('report-place')?.focus()
  }, [])

  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (!place || badItem || badAccuracy || busy) return
    setBusy(true)
    try {
      await send(draft)
    } catch (cause) {
      setFailure(cause)
    } finally {
      setBusy(false)
    }
  }
  const pick = (one: Item): void => set({ item: nameOf(one), item_code: one.code, severity: one.severity })
  return (
    <form class="report-form" onSubmit={(event) => void onSubmit(event)} data-testid="report-form">
      <header class="row pad">
        <h2 class="grow">{t('dispatch.newTitle')}</h2>
        <button type="button" class="button quiet icon-only" aria-label={t('dispatch.cancel')} onClick={stopReport}>
          <Icon name="close" />
        </button>
      </header>
      <div class="report-body stack">
        <div class="field">
          <label for="report-place">{t('dispatch.place')}</label>
          <SearchBox
            id="report-place"
            label={t('dispatch.place')}
            placeholder={t('dispatch.placePlaceholder')}
            invalid={tried && !place}
            find={findPlaces}
            onPick={(hit) => {
              set({ hit })
              store.place.value = { lon: hit.lon, lat: hit.lat, accuracy_m: badAccuracy ? null : accuracy }
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
            <span class={tried ? 'error' : 'hint'}>{t('dispatch.placeError')}</span>
          )}
        </div>
        <ItemBox item={draft.item} code={draft.item_code} bad={tried && badItem} onText={(item) => set({ item, item_code: null })} onPick={pick} />
        <Near draft={draft} />
        <div class="row fields">
          <div class="field grow">
            <label for="report-accuracy">{t('dispatch.accuracy')}</label>
            <input
              id="report-accuracy"
              class="input"
              inputMode="numeric"
              value={draft.accuracy}
              aria-invalid={badAccuracy}
              onInput={(event) => set({ accuracy: event.currentTarget.value })}
            />
            {badAccuracy && <span class="error">{t('dispatch.accuracyError')}</span>}
          </div>
          <div class="field grow">
            <label for="report-severity">{t('dispatch.severity')}</label>
            <select id="report-severity" class="input" value={draft.severity} onChange={(event) => set({ severity: event.currentTarget.value })}>
              {SEVERITIES.map((severity) => (
                <option key={severity} value={severity}>
                  {t(`severity.${severity}` as Key)}
                </option>
              ))}
            </select>
          </div>
          <div class="field grow">
            <label for="report-channel">{t('dispatch.channel')}</label>
            <select id="report-channel" class="input" value={draft.channel} onChange={(event) => set({ channel: event.currentTarget.value })}>
              {CHANNELS.map((channel) => (
                <option key={channel} value={channel}>
                  {t(`dispatch.channel.${channel}` as Key)}
                </option>
              ))}
            </select>
          </div>
        </div>
        <div class="field">
          <label for="report-description">{t('dispatch.description')}</label>
          <textarea id="report-description" class="input" maxLength={2000} value={draft.description} onInput={(event) => set({ description: event.currentTarget.value })} />
          <span class="hint">{t('dispatch.descriptionHint')}</span>
        </div>
        {failure !== null && <ErrorNote error={failure} />}
      </div>
      <footer class="panel-foot">
        <button type="submit" class="button primary big grow" aria-disabled={busy}>
          <Icon name="send" />
          {t(busy ? 'dispatch.sending' : 'dispatch.send')}
        </button>
        <button type="button" class="button big" onClick={stopReport}>
          {t('dispatch.cancel')}
        </button>
      </footer>
    </form>
  )
}
