import type { JSX } from 'preact'
import { t } from '../i18n'
import { distance } from '../i18n/format'
import { Icon } from '../ui/Icon'
import { mapBearing, mapZoom } from './engine'
import { scaleLength } from './geometry'
import { store } from './store'

const MOST_PX = 110

/** The scale bar; with a north arrow when the map is turned. */
export function Scale(): JSX.Element | null {
  const zoom = mapZoom.value
  if (zoom === null) return null
  const { metres, pixels } = scaleLength(zoom, store.view.value?.lat ?? 0, MOST_PX)
  return (
    <div class="scale card" role="img" aria-label={`${t('map.scale')} ${distance(metres)}`}>
      <span class="foot">{distance(metres)}</span>
      <span class="bar" style={{ width: `${Math.round(pixels)}px` }} />
      {Math.abs(mapBearing.value) > 0.5 && (
        <span style={{ transform: `rotate(${-mapBearing.value}deg)` }}>
          <Icon name="north" />
        </span>
      )}
    </div>
  )
}
