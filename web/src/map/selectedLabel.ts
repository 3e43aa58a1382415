/** The label of the selected grid when its own place is out of view: in the middle of what is seen of the grid. */
import { effect } from '@preact/signals'
import type { Feature, Position } from 'geojson'
import type { Map as MapLibre } from 'maplibre-gl'
import { gridByCode } from '../api/data'
import { gridNumber, number, signed } from '../i18n/format'
import { deepest, type Pixel } from './deepest'
import { NOTHING, standOver, type Drawn, type Over } from './over'
import { mapTheme, store } from './store'

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const layers = (): Drawn[] => [
  {
    id: 'selected-label',
    type: 'symbol',
    layout: { 'text-field': ['get', 'words'], 'text-font': ['Inter'], 'text-size': 12, 'text-allow-overlap': true },
    paint: { 'text-color': colour('--tx'), 'text-halo-color': colour('--sf'), 'text-halo-width': 3 },
  },
]

function labelOf(map: MapLibre): Feature | null {
  const code = store.grid.peek()
  const grid = code ? gridByCode.peek().get(code) : undefined
  if (!grid || !map.getLayer('grid-touch')) return null
  const { clientWidth: width, clientHeight: height } = map.getCanvas()
  const own = map.project(grid.centre as Pixel)
  if (own.x >= 0 && own.y >= 0 && own.x <= width && own.y <= height) return null
  const pixel = (place: Position): Pixel => {
    const { x, y } = map.project(place as Pixel)
    return [x, y]
  }
  const pieces = map.queryRenderedFeatures({ layers: ['grid-touch'], filter: ['==', ['get', 'code'], code] })
  const polygons = pieces.flatMap(({ geometry }) => (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : []))
  const place = deepest(polygons.map((rings) => rings.map((ring) => ring.map(pixel))), width, height)
  if (!place) return null
  const { lng, lat } = map.unproject(place)
  const figure = mapTheme.peek() === 'deviation' ? `${number(grid.households)} · ${signed(grid.deviation)} %` : (grid.name ?? '')
  return { type: 'Feature', properties: { words: `${gridNumber(grid.code)}\n${figure}` }, geometry: { type: 'Point', coordinates: [lng, lat] } }
}

/** Keeps the label of the selected grid in view; returns how to stop. */
export function labelSelected(map: MapLibre): () => void {
  let over: Over | null = null
  let shown = ''
  const renew = (): void => {
    const label = labelOf(map)
    const next = JSON.stringify(label)
    // drawing it makes the map come to rest once more
    if (next === shown) return
    shown = next
    over?.set(label ? { type: 'FeatureCollection', features: [label] } : NOTHING)
  }
  const stops = [
    effect(() => {
      void store.theme.value
      over?.stop()
      over = standOver(map, 'selected-label', layers())
      shown = ''
      renew()
    }),
    effect(() => {
      void [store.grid.value, mapTheme.value, gridByCode.value]
      renew()
    }),
  ]
  map.on('moveend', renew)
  // the grid's tiles may come after the move
  map.on('idle', renew)
  return () => {
    map.off('moveend', renew)
    map.off('idle', renew)
    stops.forEach((stop) => stop())
    over?.stop()
  }
}
