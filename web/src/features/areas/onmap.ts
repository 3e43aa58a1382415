/** What the areas page draws on the map, and what a click there means. */
import { effect } from '@preact/signals'
import type { FeatureCollection, Geometry } from 'geojson'
import type { Map as MapLibre } from 'maplibre-gl'
import { editDrawing, editHand, type Pointer } from '../../map/editing'
import { standOver, type Drawn } from '../../map/over'
import { store } from '../../map/store'
import { bright, comments, dated, ofDay, opened, shapes, side } from './areas'
import { actions, chosen, drawing, fault, flip, kindNow, places, ring } from './compose'

const TOUCH = 'area-touch'
const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function touchLayers(): Drawn[] {
  const of = { source: 'areas', 'source-layer': 'areas' }
  return [
    { id: TOUCH, type: 'fill', ...of, paint: { 'fill-opacity': 0 } },
    { id: 'area-chosen', type: 'fill', ...of, filter: ['in', ['get', 'code'], ['literal', []]], paint: { 'fill-color': css('--ac'), 'fill-opacity': 0.22 } },
    { id: 'area-chosen-line', type: 'line', ...of, filter: ['in', ['get', 'code'], ['literal', []]], paint: { 'line-color': css('--ac'), 'line-width': 3 } },
  ]
}

function changeLayers(): Drawn[] {
  const role = (name: string): unknown[] => ['==', ['get', 'role'], name]
  const halo = { 'text-halo-color': css('--sf'), 'text-halo-width': 2 }
  const label = { 'text-field': ['get', 'name'], 'text-font': ['Inter Medium', 'Inter', 'Noto Sans SC', 'Gridward Rare Han'], 'text-size': 13, 'text-max-width': 10 }
  return [
    { id: 'change-bright', type: 'fill', filter: ['==', ['get', 'bright'], true], paint: { 'fill-color': css('--ac'), 'fill-opacity': 0.22 } },
    { id: 'change-before', type: 'line', filter: role('before'), paint: { 'line-color': css('--tx'), 'line-width': 2, 'line-dasharray': [4, 3] } },
    { id: 'change-after-case', type: 'line', filter: role('after'), paint: { 'line-color': css('--sf'), 'line-width': 6 } },
    { id: 'change-after', type: 'line', filter: role('after'), paint: { 'line-color': css('--ac'), 'line-width': 3 } },
    { id: 'change-comments', type: 'circle', filter: role('comment'), paint: { 'circle-radius': 7, 'circle-color': css('--ac'), 'circle-stroke-color': css('--sf'), 'circle-stroke-width': 2 } },
    { id: 'change-names', type: 'symbol', filter: ['==', ['get', 'named'], true], layout: label, paint: { 'text-color': css('--tx'), ...halo } },
  ]
}

/** The features of a change that are to be seen now. */
function shown(): FeatureCollection {
  if (ofDay.value) {
    const rows = dated.data.value?.rows ?? []
    const features = rows.map(({ code, name, geometry }) => ({ type: 'Feature', properties: { role: 'after', code, name, named: true, bright: code === bright.value }, geometry }))
    return { type: 'FeatureCollection', features } as FeatureCollection
  }
  const all = shapes.data.value?.features ?? []
  const features = all
    .filter(({ properties }) => side.value === 'both' || properties.role === side.value)
    .map((one) => ({ ...one, properties: { ...one.properties, bright: one.properties.code === bright.value, named: one.properties.role === 'after' || side.value === 'before' } }))
  const said = (opened.value ? (comments.data.value ?? []) : []).filter((one) => one.point)
  const pins = said.map((one) => ({ type: 'Feature', properties: { role: 'comment' }, geometry: { type: 'Point', coordinates: one.point } }))
  return { type: 'FeatureCollection', features: [...features, ...pins] } as unknown as FeatureCollection
}

function drawnNow(): FeatureCollection {
  const at = places.value
  const features: FeatureCollection['features'] = at.map((place) => ({ type: 'Feature', properties: { role: 'vertex' }, geometry: { type: 'Point', coordinates: place } }))
  const first = at[0]
  const path = ring.value && at.length > 2 && first ? [...at, first] : at
  if (path.length > 1) features.unshift({ type: 'Feature', properties: { role: 'work' }, geometry: { type: 'LineString', coordinates: path } })
  // what the actions so far have drawn, until the server shows what came of it
  const before = store.part.value === 'new' ? actions.value : []
  for (const { drawn } of before) {
    if (drawn) features.unshift({ type: 'Feature', properties: { role: 'kept' }, geometry: drawn as unknown as Geometry })
  }
  if (fault.value) features.push({ type: 'Feature', properties: { role: 'refused' }, geometry: { type: 'Point', coordinates: fault.value } })
  return { type: 'FeatureCollection', features }
}

/** Draws on a map and listens to it; returns how to stop. */
export function startOnMap(map: MapLibre): () => void {
  const touch = standOver(map, 'area-none', touchLayers())
  const over = standOver(map, 'area-change', changeLayers())
  const mark = (): void => {
    const filter = ['all', ['in', ['get', 'code'], ['literal', chosen.value]], ['==', ['get', 'kind'], kindNow.value]]
    for (const id of ['area-chosen', 'area-chosen-line']) if (map.getLayer(id)) map.setFilter(id, filter as never)
  }
  map.on('style.load', mark)
  editHand.value = (pointer: Pointer): boolean => {
    if (pointer.kind !== 'tap') return false
    if (drawing.peek()) {
      places.value = [...places.peek(), pointer.snap?.at ?? pointer.at]
      return true
    }
    if (store.picking.peek()) {
      store.place.value = { lon: pointer.at[0], lat: pointer.at[1], accuracy_m: null }
      store.picking.value = false
      store.phoneMap.value = false
      return true
    }
    if (!map.getLayer(TOUCH)) return false
    const hit = map.queryRenderedFeatures(pointer.px, { layers: [TOUCH] }).find((one) => one.properties.kind === kindNow.peek())
    const code = hit ? String(hit.properties.code) : null
    if (store.part.peek() === 'new') {
      if (code) flip(code)
    } else if (opened.peek()) bright.value = code
    return true
  }
  const stops = [
    effect(() => {
      void chosen.value
      void kindNow.value
      mark()
    }),
    effect(() => over.set(shown())),
    effect(() => void (editDrawing.value = drawnNow())),
    effect(() => {
      map.getCanvas().style.cursor = drawing.value || store.picking.value ? 'crosshair' : 'pointer'
    }),
  ]
  return () => {
    stops.forEach((stop) => stop())
    map.off('style.load', mark)
    touch.stop()
    over.stop()
    editHand.value = null
    editDrawing.value = { type: 'FeatureCollection', features: [] }
  }
}
