/** A small map under one place: the place is always its middle, so moving the map moves the place. */
import { Map as MapLibre, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'
import { mapRequest } from '../api/attended'
import { arranged, drawImages, styleOf, type Look } from './second'

setWorkerUrl(workerUrl)
const ZOOM = 16.5
/** Where one is: no cameras, gaps or reports. */
const GROUND = new Set(['landcover', 'waterways', 'buildings', 'streets', 'areas', 'grids'])

export interface PinMap {
  /** Looks at another place. */
  show: (lon: number, lat: number) => void
  close: () => void
}

/** Opens the map; `moved` makes it one that the hand moves, and tells where its middle is. */
export async function openPinMap(container: HTMLElement, look: Look, at: [number, number], moved?: (lon: number, lat: number) => void): Promise<PinMap> {
  const style = arranged(await styleOf(look), 'plain', (id) => GROUND.has(id))
  const map = new MapLibre({ container, style, attributionControl: false, transformRequest: mapRequest, interactive: Boolean(moved), fadeDuration: 0, center: at, zoom: ZOOM, maxZoom: 20, dragRotate: false, pitchWithRotate: false })
  drawImages(map, style)
  map.touchZoomRotate.disableRotation()
  const canvas = map.getCanvas()
  if (moved) {
    map.on('moveend', (event) => {
      // only the hand moves the place: not the map that follows it
      if (event.originalEvent || document.activeElement === canvas) moved(map.getCenter().lng, map.getCenter().lat)
    })
  } else {
    canvas.setAttribute('aria-hidden', 'true')
    canvas.removeAttribute('tabindex')
  }
  return {
    show: (lon, lat) => void map.jumpTo({ center: [lon, lat] }),
    close: () => map.remove(),
  }
}
