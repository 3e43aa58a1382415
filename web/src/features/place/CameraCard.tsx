import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, call } from '../../api/client'
import { onLayer } from '../../api/events'
import type { Camera } from '../../api/types'
import { t, tOr } from '../../i18n'
import { number, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { mayChangeCameras } from './rights'

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

/** Takes a camera off or puts it on; only who may change cameras. */
function StateSwitch({ of }: { of: Camera }): JSX.Element {
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const may = mayChangeCameras.value
  const turn = async (): Promise<void> => {
    setBusy(true)
    try {
      const { data } = await call<Camera | { camera: Camera }>(`/api/v1/cameras/${of.id}`, {
        method: 'PATCH',
        body: { online: !of.online },
        headers: { 'If-Match': `"${of.revision}"` },
      })
      camera.value = asCamera(data)
      toast(t(of.online ? 'camera.saidOffline' : 'camera.saidOnline', { ref: of.ref ?? of.gb28181_id ?? '' }))
    } catch (cause) {
      setError(cause)
      void load(of.id)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <button type="button" class="button" aria-disabled={!may || busy} title={may ? '' : t('camera.needsRole')} onClick={() => void (may && !busy && turn())}>
        {t(of.online ? 'camera.goOffline' : 'camera.goOnline')}
      </button>
      {error !== null && <ErrorNote error={error} />}
    </>
  )
}

/** One camera: what it is, where it looks, whether it is online; at a desk that can try it elsewhere, into the hand. */
export function CameraCard({ onAim }: { onAim?: (id: string) => void }): JSX.Element | null {
  const id = store.camera.value
  useEffect(() => {
    camera.value = null
    if (!id) return
    void load(id)
    // others change it too
    return onLayer(({ layer }) => layer === 'cameras' && void load(id))
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
          {!onAim && mayChangeCameras.value && <HeadingForm key={`${it.id} ${it.revision}`} of={it} />}
          <div class="row wrap">
            {onAim && (
              <button type="button" class="button primary" aria-disabled={!mayChangeCameras.value} title={t(mayChangeCameras.value ? 'camera.aimHint' : 'camera.needsRole')} onClick={() => mayChangeCameras.value && onAim(it.id)}>
                {t('camera.aim')}
              </button>
            )}
            <StateSwitch key={it.id} of={it} />
          </div>
          {!mayChangeCameras.value && <p class="small muted">{t('camera.needsRole')}</p>}
        </div>
      )}
    </section>
  )
}
