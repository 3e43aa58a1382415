import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { incidents } from '../../api/data'
import type { Incident, Located, SearchHit } from '../../api/types'
import { t, type Key } from '../../i18n'
import { position } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { located } from '../place/located'
import { SearchBox } from '../shell/Search'

export const reporting = signal(false)

const SEVERITIES = ['minor', 'major', 'critical'] as const
const CHANNELS = ['phone', 'app', 'camera', 'patrol'] as const
const DEFAULT_ACCURACY_M = 20
const USUAL = { en: ['Water on road', 'Blocked drain', 'Pothole', 'Street light out', 'Overfull litter bin'], zh: ['路面积水', '雨水口堵塞', '路面坑洞', '路灯不亮', '果皮箱满溢'] }

interface Draft {
  item: string
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
  located.value = answer.located
  toast(t('dispatch.sent', { no: answer.incident.no }))
  await incidents.load()
  store.incident.value = answer.incident.no
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
  const words = document.documentElement.lang.startsWith('zh') ? USUAL.zh : USUAL.en
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
            <span class="hint">
              {t('here.position')} {position(place.lon, place.lat)}
            </span>
          ) : (
            <span class={tried ? 'error' : 'hint'}>{t('dispatch.placeError')}</span>
          )}
        </div>
        <div class="field">
          <label for="report-item">{t('dispatch.item')}</label>
          <input
            id="report-item"
            class="input"
            maxLength={120}
            value={draft.item}
            aria-invalid={tried && badItem}
            onInput={(event) => set({ item: event.currentTarget.value })}
          />
          {tried && badItem && <span class="error">{t('dispatch.itemError')}</span>}
          <div class="row wrap">
            {words.map((word) => (
              <button key={word} type="button" class="chip outline suggestion" onClick={() => set({ item: word })}>
                {word}
              </button>
            ))}
          </div>
        </div>
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
