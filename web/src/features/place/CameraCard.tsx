import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, call } from '../../api/client'
import type { Camera } from '../../api/types'
import { t, tOr } from '../../i18n'
import { number, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'

const camera = signal<Camera | null>(null)
const failure = signal<unknown>(null)
const asCamera = (body: Camera | { camera: Camera }): Camera => ('camera' in body ? body.camera : body)

const degrees = (value: number): string => `${number(value)}°`

function heading(it: Camera): string {
  if (it.azimuth !== null) return degrees(it.azimuth)
  return t(it.kind === 'dome' || it.kind === 'ptz' ? 'camera.fullCircle' : 'camera.headingUnknown')
}

async function load(id: string): Promise<void> {
  try {
    camera.value = asCamera(await ask<Camera | { camera: Camera }>(`/api/v1/cameras/${encodeURIComponent(id)}`))
    failure.value = null
  } catch (cause) {
    camera.value = null
    failure.value = cause
  }
}

function HeadingForm({ of }: { of: Camera }): JSX.Element {
  const [text, setText] = useState(of.azimuth === null ? '' : String(Math.round(of.azimuth)))
  const [error, setError] = useState<unknown>(null)
  const value = Number(text)
  const bad = text.trim() === '' || !Number.isFinite(value) || value < 0 || value >= 360
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (bad) return
    try {
      const { data } = await call<Camera | { camera: Camera }>(`/api/v1/cameras/${of.id}`, {
        method: 'PATCH',
        body: { azimuth: value },
        headers: { 'If-Match': `"${of.revision}"` },
      })
      camera.value = asCamera(data)
      toast(t('camera.saved', { ref: of.ref ?? of.gb28181_id ?? '' }))
    } catch (cause) {
      setError(cause)
      void load(of.id)
    }
  }
  return (
    <form class="stack" onSubmit={(event) => void save(event)}>
      <div class="row">
        <div class="field grow">
          <label for="camera-heading">{t('camera.headingDeg')}</label>
          <input
            id="camera-heading"
            class="input"
            inputMode="numeric"
            value={text}
            aria-invalid={bad && text !== ''}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <button type="submit" class="button" style={{ alignSelf: 'end' }} aria-disabled={bad} title={bad ? t('camera.headingError') : ''}>
          {t('camera.setHeading')}
        </button>
      </div>
      {bad && text !== '' && <p class="small" style={{ color: 'var(--lt)' }}>{t('camera.headingError')}</p>}
      {error !== null && <ErrorNote error={error} />}
    </form>
  )
}

/** One camera: what it is, where it looks, whether it is online. */
export function CameraCard(): JSX.Element | null {
  const id = store.camera.value
  useEffect(() => {
    camera.value = null
    if (id) void load(id)
  }, [id])
  if (!id) return null
  const it = camera.value
  return (
    <section class="camera-card card" aria-label={t('camera.camera')} data-testid="camera">
      <header class="row">
        <Icon name="camera" />
        <h2 class="grow ellipsis">{it ? t('camera.title', { ref: it.ref ?? it.gb28181_id ?? '' }) : t('camera.camera')}</h2>
        {it?.online !== null && it?.online !== undefined && (
          <span class={`chip ${it.online ? 'ok' : ''}`}>{t(it.online ? 'camera.online' : 'camera.offline')}</span>
        )}
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (store.camera.value = null)}>
          <Icon name="close" />
        </button>
      </header>
      {failure.value !== null && !it && <ErrorNote error={failure.value} />}
      {!it && failure.value === null && <Skeleton rows={3} />}
      {it && (
        <div class="stack">
          <dl class="facts">
            <dt>{t('planner.kind')}</dt>
            <dd>{tOr(`camera.kind.${it.kind ?? 'unknown'}`, it.kind ?? '')}</dd>
            <dt>{t('camera.heading')}</dt>
            <dd>
              {[heading(it), it.hfov === null ? null : degrees(it.hfov), t('unit.m', { n: number(it.max_range) })]
                .filter(Boolean)
                .join(' · ')}
            </dd>
            <dt>{t('camera.code')}</dt>
            <dd class="ellipsis">{it.gb28181_id ?? '–'}</dd>
            <dt>{t('camera.owner')}</dt>
            <dd>{it.owner || '–'}</dd>
            <dt>{t('here.position')}</dt>
            <dd>{position(it.lon, it.lat)}</dd>
          </dl>
          <HeadingForm key={`${it.id} ${it.revision}`} of={it} />
        </div>
      )}
    </section>
  )
}
