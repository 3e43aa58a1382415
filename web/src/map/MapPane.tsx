import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { NoAnswer, Problem } from '../api/client'
import { planId, plans, territory } from '../api/data'
import { live } from '../api/events'
import { t } from '../i18n'
import { ErrorNote } from '../ui/states'
import { askHere } from '../features/place/located'
import { sources } from './basemap'
import { openMap, mapOnScreen } from './engine'
import { Legend } from './Legend'
import { MapTools } from './MapTools'
import { Scale } from './Scale'
import { store } from './store'

/** Waits until an element has a size: on a phone the map is hidden until it is asked for. */
function whenShown(element: HTMLElement): Promise<HTMLElement> {
  return new Promise((resolve) => {
    const watch = new ResizeObserver(() => {
      if (element.clientWidth === 0 || element.clientHeight === 0) return
      watch.disconnect()
      resolve(element)
    })
    watch.observe(element)
  })
}

/** The map with its tools, legend and scale; cards of the desk float on it as children. */
export function MapPane({ children }: { children?: ComponentChildren }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const name = territory.value?.name ?? ''
  const [failure, setFailure] = useState<Error | null>(null)
  const [attempt, setAttempt] = useState(0)
  // The style names the plan: open the map once it is known, not twice.
  const known = Boolean(territory.value && (planId.value ?? plans.data.value ?? plans.error.value))

  useEffect(() => {
    if (!box.current || !known) return
    let close: (() => void) | null = null
    let gone = false
    whenShown(box.current)
      .then((element) => openMap(element))
      .then((closer) => {
        if (gone) closer()
        else close = closer
      })
      .catch((cause: unknown) => {
        // A server that is away comes back; a browser that cannot draw does not.
        if (cause instanceof NoAnswer || cause instanceof Problem) setFailure(cause)
        else store.mapFailure.value = cause instanceof Error ? cause.message : String(cause)
      })
    return () => {
      gone = true
      close?.()
    }
  }, [known, territory.value?.id, attempt])

  const retry = (): void => {
    setFailure(null)
    setAttempt((before) => before + 1)
  }
  useEffect(() => {
    if (failure && live.value === 'live') retry()
  }, [live.value])

  useEffect(() => {
    const canvas = mapOnScreen.value?.getCanvas()
    if (!canvas) return
    canvas.setAttribute('aria-label', t('map.label', { name }))
    canvas.setAttribute('aria-describedby', 'map-help')
    canvas.id = 'map-canvas'
  }, [mapOnScreen.value, name, t('map.help')])

  const onKeyDown = (event: KeyboardEvent): void => {
    const map = mapOnScreen.value
    if (event.key !== 'Enter' || !map || event.target !== map.getCanvas()) return
    const { lng: lon, lat } = map.getCenter()
    store.place.value = { lon, lat, accuracy_m: null }
    if (!store.picking.value) void askHere()
  }

  return (
    <div class="map-pane" onKeyDown={onKeyDown}>
      <div class="map" ref={box} data-testid="map" />
      {failure && (
        <div class="map-failure">
          <ErrorNote error={failure} retry={retry} />
        </div>
      )}
      <p id="map-help" class="visually-hidden">
        {t('map.help')}
      </p>
      {mapOnScreen.value && (
        <>
          <MapTools map={mapOnScreen.value} />
          <div class="map-foot">
            <Legend />
            <div class="map-corner">
              {sources.value && <span class="attribution foot">{sources.value}</span>}
              <Scale />
            </div>
          </div>
        </>
      )}
      {children}
    </div>
  )
}
