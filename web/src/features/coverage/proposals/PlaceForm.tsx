import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask, call } from '../../../api/client'
import { planId } from '../../../api/data'
import { follow } from '../../../api/jobs'
import type { Job } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { number } from '../../../i18n/format'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { area, report, tree } from '../desk'
import { asked, placements } from '../whatif/keep'
import type { Placement } from '../types'
import { openPlacement } from './list'

const CAMERAS = {
  // the same that a camera tried out by hand begins with
  fixed: { kind: 'fixed', hfov: 60, max_range: 60, sensor_px: 3840 },
  wide: { kind: 'fixed', hfov: 100, max_range: 50, sensor_px: 2560 },
  far: { kind: 'fixed', hfov: 40, max_range: 120, sensor_px: 3840 },
} as const
type CameraName = keyof typeof CAMERAS
const MOUNTS = ['pole', 'wall', 'junction'] as const
export const running = signal(false)

const DISCERN = 80
/** How far a lens shows 80 pixels to a metre: views of proposals are cut there. */
const reach = ({ hfov, max_range, sensor_px }: (typeof CAMERAS)[CameraName]): number =>
  Math.min(max_range, Math.round(sensor_px / (2 * DISCERN * Math.tan((hfov * Math.PI) / 360))))

interface Wish {
  aim: 'budget' | 'cover'
  budget: number
  /** Percent of all that can be seen. */
  cover: number
  unit: 'cameras' | 'money'
  camera: CameraName
  places: string[]
  leastEach: number
  certify: boolean
}

async function start(wish: Wish): Promise<void> {
  const within = area.peek()
  const towns = tree.peek().filter((one) => one.kind === 'town')
  const body = {
    plan: report.peek()?.run.plan_id ?? planId.peek(),
    needs: asked(),
    ...(wish.aim === 'cover' ? { cover: wish.cover / 100 } : { budget: wish.budget, unit: wish.unit }),
    camera: CAMERAS[wish.camera],
    places: wish.places,
    certify: wish.certify,
    ...(within ? { within: within.id } : {}),
    ...(wish.leastEach > 0 ? { minima: towns.map((one) => ({ area: one.id, least: wish.leastEach })) } : {}),
  }
  running.value = true
  try {
    const { data, status } = await call<{ job?: Job; placement?: Placement }>('/api/v1/coverage/placements', { method: 'POST', body })
    let id = data.placement?.id
    if (status === 202 && data.job) {
      const job = await follow(t('place.running'), data.job)
      id = (job.result as { placement_id?: string } | null)?.placement_id
      if (!id) toast(t('job.stopped'))
    }
    await placements.load()
    if (id) openPlacement((await ask<{ placement: Placement }>(`/api/v1/coverage/placements/${id}`)).placement)
  } catch (cause) {
    toast(sentence(cause))
  } finally {
    running.value = false
  }
}

/** Asks where cameras help most within a budget, or how few see a share of all that can be seen. */
export function PlaceForm(): JSX.Element {
  const [wish, set] = useState<Wish>({ aim: 'budget', budget: 10, cover: 90, unit: 'cameras', camera: 'fixed', places: [...MOUNTS], leastEach: 0, certify: false })
  const put = (parts: Partial<Wish>): void => set({ ...wish, ...parts })
  const bad = wish.places.length === 0 || (wish.aim === 'cover' ? !(wish.cover > 0 && wish.cover <= 100) : !(Number.isFinite(wish.budget) && wish.budget >= 0))
  const towns = tree.value.filter((one) => one.kind === 'town').length
  return (
    <form
      class="pad stack place-form"
      aria-label={t('place.title')}
      onSubmit={(event) => {
        event.preventDefault()
        if (!bad && !running.value) void start(wish)
      }}
    >
      <h2>{t('place.title')}</h2>
      <p class="small second">{t('place.hint', { area: area.value?.name || t('place.everywhere') })}</p>
      <div class="row fields">
        <div class="field">
          <label for="place-aim">{t('place.aim')}</label>
          <select id="place-aim" class="input" value={wish.aim} onChange={(event) => put({ aim: event.currentTarget.value as Wish['aim'] })}>
            <option value="budget">{t('place.aim.budget')}</option>
            <option value="cover">{t('place.aim.cover')}</option>
          </select>
        </div>
        {wish.aim === 'cover' ? (
          <div class="field">
            <label for="place-cover">{t('place.cover')}</label>
            <input id="place-cover" class="input slim" type="number" min={1} max={100} step={1} value={wish.cover} aria-invalid={bad} onInput={(event) => put({ cover: event.currentTarget.valueAsNumber })} />
          </div>
        ) : (
          <>
            <div class="field">
              <label for="place-budget">{t('place.budget')}</label>
              <input id="place-budget" class="input slim" type="number" min={0} step={1} value={wish.budget} aria-invalid={bad} onInput={(event) => put({ budget: event.currentTarget.valueAsNumber })} />
            </div>
            <div class="field">
              <label for="place-unit">{t('place.unit')}</label>
              <select id="place-unit" class="input" value={wish.unit} onChange={(event) => put({ unit: event.currentTarget.value as Wish['unit'] })}>
                <option value="cameras">{t('place.unit.cameras')}</option>
                <option value="money">{t('place.unit.money')}</option>
              </select>
            </div>
          </>
        )}
        <div class="field grow">
          <label for="place-camera">{t('place.camera')}</label>
          <select id="place-camera" class="input" value={wish.camera} onChange={(event) => put({ camera: event.currentTarget.value as CameraName })}>
            {(Object.keys(CAMERAS) as CameraName[]).map((name) => (
              <option key={name} value={name}>
                {t(`place.camera.${name}`)} · {CAMERAS[name].hfov}° · {t('place.reach', { m: number(reach(CAMERAS[name])) })}
              </option>
            ))}
          </select>
        </div>
      </div>
      <fieldset class="row wrap small">
        <legend class="visually-hidden">{t('place.mounts')}</legend>
        <span class="muted">{t('place.mounts')}</span>
        {MOUNTS.map((name) => (
          <label key={name} class="row">
            <input
              type="checkbox"
              checked={wish.places.includes(name)}
              onChange={(event) => put({ places: event.currentTarget.checked ? [...wish.places, name] : wish.places.filter((one) => one !== name) })}
            />
            {tOr(`mount.${name}`, name)}
          </label>
        ))}
      </fieldset>
      <div class="row wrap small">
        {towns > 1 && (
          <label class="row">
            {t('place.least')}
            <input class="input slim" type="number" min={0} value={wish.leastEach} onInput={(event) => put({ leastEach: event.currentTarget.valueAsNumber || 0 })} />
          </label>
        )}
        <label class="row">
          <input type="checkbox" checked={wish.certify} onChange={(event) => put({ certify: event.currentTarget.checked })} />
          {t('place.certify')}
        </label>
        <span class="grow" />
        <button type="submit" class="button" aria-disabled={bad || running.value} title={bad ? t('place.bad') : ''}>
          {t('place.run')}
        </button>
      </div>
    </form>
  )
}
