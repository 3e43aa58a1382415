import type { JSX } from 'preact'
import type { Camera } from '../../../api/types'
import { t } from '../../../i18n'
import { number, position } from '../../../i18n/format'
import { Icon } from '../../../ui/Icon'
import { mayChangeCameras } from '../../place/rights'
import type { CameraIdea } from '../types'
import { changesOf, conflict, keepMine, nameOf, saveExisting, savingCamera, takeTheirs } from './existing'
import { bestHeading, drop } from './state'

const headingOf = (one: { azimuth: number | null; ptz: boolean; dome: boolean }): string =>
  one.ptz || one.dome ? t('camera.fullCircle') : one.azimuth === null ? t('camera.headingUnknown') : `${number(one.azimuth)}°`

/** How the camera was, in one line. */
export function Was({ one, camera }: { one: CameraIdea; camera: Camera }): JSX.Element | null {
  const changes = changesOf(one, camera)
  const parts = [
    'azimuth' in changes || 'ptz' in changes ? headingOf(camera) : null,
    'hfov' in changes ? (camera.hfov === null ? '–' : `${number(camera.hfov)}°`) : null,
    'max_range' in changes ? t('unit.m', { n: number(camera.max_range) }) : null,
    'lon' in changes || 'lat' in changes ? position(camera.lon, camera.lat) : null,
  ].filter(Boolean)
  return <p class="small muted">{parts.length ? t('camera.was', { was: parts.join(' · ') }) : t('camera.aimHint')}</p>
}

function Conflict({ theirs }: { theirs: Camera }): JSX.Element {
  return (
    <div class="note warn" role="alert">
      <Icon name="warning" />
      <div class="stack grow">
        <p>{t('camera.conflict', { ref: nameOf(theirs), heading: headingOf(theirs), range: t('unit.m', { n: number(theirs.max_range) }) })}</p>
        <div class="row wrap">
          <button type="button" class="button" onClick={takeTheirs}>
            {t('camera.takeTheirs')}
          </button>
          <button type="button" class="button" onClick={() => void keepMine()}>
            {t('camera.keepMine')}
          </button>
        </div>
      </div>
    </div>
  )
}

/** What may be done with an existing camera in the hand: save it, turn it best, put it back. */
export function ExistingFoot({ one, camera }: { one: CameraIdea; camera: Camera }): JSX.Element {
  const unchanged = Object.keys(changesOf(one, camera)).length === 0
  const why = !mayChangeCameras.value ? t('camera.needsRole') : unchanged ? t('camera.noChange') : ''
  return (
    <>
      {conflict.value?.id === camera.id && <Conflict theirs={conflict.value} />}
      <div class="row wrap">
        <button type="button" class="button primary" aria-disabled={why !== '' || savingCamera.value} title={why} onClick={() => void (!why && saveExisting())}>
          {t('camera.save')} <kbd>Enter</kbd>
        </button>
        {!one.ptz && !one.dome && (
          <button type="button" class="button" onClick={() => void bestHeading(one.key)}>
            {t('whatif.best')} <kbd>H</kbd>
          </button>
        )}
        <button type="button" class="button quiet" onClick={() => drop(one.key)}>
          {t('camera.putBack')}
        </button>
      </div>
      {!mayChangeCameras.value && <p class="small muted">{t('camera.needsRole')}</p>}
    </>
  )
}
