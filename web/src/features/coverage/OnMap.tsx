import { effect, untracked } from '@preact/signals'
import type { Feature, FeatureCollection } from 'geojson'
import type { Map as MapLibre } from 'maplibre-gl'
import { useEffect } from 'preact/hooks'
import { layers as catalogue } from '../../api/data'
import { standIn, type DrawnThings } from '../../map/drawn'
import { mapOnScreen, mapZoom } from '../../map/engine'
import { standOver, type Drawn, type Over } from '../../map/over'
import { layerShown, mapTheme, store } from '../../map/store'
import { CHANGE_COLOURS, changeClass, points, SAME } from './change'
import { comparison, gaps, isShared, places, report, rowsInArea } from './desk'
import { gapChosen } from './GapsPanel'
import { passing } from './GridsPanel'
import { fan } from './whatif/geometry'
import { chosenKey, gone, ideas, seenByKey } from './whatif/state'
import { zonesShape } from './zones/state'
import { gridNumber, share, signed } from '../../i18n/format'
import { t } from '../../i18n'
import { onFoot, reachShape } from './posts/state'
import { besideCameras } from './proposals/list'
import { redundantMarks } from './proposals/redundant'
import { runShedLayers, runShedShapes, runShedsTold, standsIn, startRunSheds } from './runSheds'

const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features })
const role = (name: string): unknown => ['==', ['get', 'role'], name]
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Sheds of what is proposed, and the outline that follows the hand until the server has answered. */
function ideaShapes(): FeatureCollection {
  const features: Feature[] = []
  for (const one of ideas.value) {
    const seen = seenByKey.value.get(one.key)
    const bad = seen?.allowed === false
    if (seen?.shed) features.push({ type: 'Feature', properties: { role: 'shed', bad }, geometry: seen.shed })
    if (one.key !== chosenKey.value) continue
    const whole = one.ptz || one.dome
    features.push({ type: 'Feature', properties: { role: 'fan', bad }, geometry: { type: 'LineString', coordinates: fan([one.lon, one.lat], whole ? null : one.azimuth, one.hfov, seen?.range_m ?? one.max_range) } })
  }
  for (const one of besideCameras.value) {
    features.push({ type: 'Feature', properties: { role: 'beside' }, geometry: one.shed as unknown as Feature['geometry'] })
    features.push({ type: 'Feature', properties: { role: 'beside-at' }, geometry: { type: 'Point', coordinates: [one.lon, one.lat] } })
  }
  return collection(features)
}

function ideaLayers(): Drawn[] {
  const tone = ['case', ['get', 'bad'], colour('--lt-f'), colour('--ac')]
  return [
    { id: 'idea-fill', type: 'fill', filter: role('shed'), paint: { 'fill-color': tone, 'fill-opacity': 0.14 } },
    { id: 'idea-line', type: 'line', filter: role('shed'), paint: { 'line-color': tone, 'line-width': 1.25 } },
    { id: 'idea-fan', type: 'line', filter: role('fan'), paint: { 'line-color': tone, 'line-width': 1, 'line-dasharray': [3, 3], 'line-opacity': 0.7 } },
    { id: 'beside-line', type: 'line', filter: role('beside'), paint: { 'line-color': colour('--tx'), 'line-width': 1.25, 'line-dasharray': [4, 3] } },
    { id: 'beside-at', type: 'circle', filter: role('beside-at'), paint: { 'circle-radius': 5, 'circle-color': colour('--sf'), 'circle-stroke-color': colour('--tx'), 'circle-stroke-width': 2 } },
  ]
}

const zoneLayers = (): Drawn[] => [
  { id: 'zone-fill', type: 'fill', paint: { 'fill-color': colour('--wn-f'), 'fill-opacity': ['case', ['get', 'chosen'], 0.28, 0.16] } },
  { id: 'zone-line', type: 'line', paint: { 'line-color': colour('--wn-f'), 'line-width': ['case', ['get', 'chosen'], 2.5, 1.5], 'line-dasharray': [2, 1.5] } },
]

/** The gap that was chosen, cameras that could go or be turned, cameras thought away. */
function marks(): FeatureCollection {
  const gap = gapChosen.value
  const dots = redundantMarks.value.map(
    (one): Feature => ({ type: 'Feature', properties: { role: 'spare', gone: gone.value.some((it) => it.id === one.id) }, geometry: { type: 'Point', coordinates: [one.lon, one.lat] } }),
  )
  return collection(gap ? [{ type: 'Feature', properties: { role: 'gap' }, geometry: gap.geometry as unknown as Feature['geometry'] }, { type: 'Feature', properties: { role: 'at' }, geometry: { type: 'Point', coordinates: [gap.lon, gap.lat] } }, ...dots] : dots)
}

const markLayers = (): Drawn[] => [
  { id: 'mark-line', type: 'line', filter: ['all', role('gap'), ['!=', ['geometry-type'], 'Point']], layout: { 'line-cap': 'round' }, paint: { 'line-color': colour('--ac'), 'line-width': 4, 'line-opacity': 0.9 } },
  { id: 'mark-ring', type: 'circle', filter: role('at'), paint: { 'circle-radius': 16, 'circle-opacity': 0, 'circle-stroke-color': colour('--ac'), 'circle-stroke-width': 3 } },
  { id: 'mark-spare', type: 'circle', filter: role('spare'), paint: { 'circle-radius': 12, 'circle-opacity': 0, 'circle-stroke-color': ['case', ['get', 'gone'], colour('--lt-f'), colour('--ac')], 'circle-stroke-width': 2.5 } },
]

/** What a run that the map's own layers do not draw misses: its gaps and places. */
function runShapes(): FeatureCollection {
  const missed = standsIn('gaps') ? (gaps.data.value?.gaps ?? []).filter((one) => one.kind === 'street') : []
  const found = standsIn('key_places') ? (places.data.value?.places ?? []) : []
  return collection([
    ...missed.map((one): Feature => ({ type: 'Feature', properties: { role: 'street' }, geometry: one.geometry as unknown as Feature['geometry'] })),
    ...found.map((one): Feature => ({ type: 'Feature', properties: { role: 'place', image: `gw-place-${one.seen}` }, geometry: { type: 'Point', coordinates: [one.lon, one.lat] } })),
  ])
}

const GAPS_FROM = 13
const MARKS_FROM = 14

/** The same as the legend names it: what of the run is on the map at this zoom. */
function runTold(): DrawnThings {
  const zoom = mapZoom.value ?? 0
  const { features } = runShapes()
  const streets = zoom >= GAPS_FROM ? features.filter((one) => one.properties?.role === 'street').length : 0
  const seen = zoom >= MARKS_FROM ? features.flatMap((one) => (one.properties?.role === 'place' ? [String(one.properties.image)] : [])) : []
  const sheds = runShedsTold(zoom)
  const layers = { gaps: streets, key_places: seen.length, view_sheds: sheds.seen + sheds.unknown }
  return {
    layers: Object.fromEntries(Object.entries(layers).filter(([, many]) => many > 0)),
    images: new Set([...seen, ...(streets ? ['gw-hatch-gap'] : []), ...(sheds.unknown ? ['unknown-shed'] : [])]),
  }
}

const GAP = { light: '#a8125f', dark: '#ff7db9' }
const runLayers = (): Drawn[] => {
  const gap = GAP[store.theme.peek()]
  const width = ['interpolate', ['exponential', 2], ['zoom'], 13, 3, 16, 12, 19, 72]
  return [
    { id: 'run-gap', type: 'line', filter: role('street'), minzoom: GAPS_FROM, layout: { 'line-join': 'round' }, paint: { 'line-color': gap, 'line-width': width, 'line-opacity': 0.1 } },
    { id: 'run-gap-hatch', type: 'line', filter: role('street'), minzoom: MARKS_FROM, layout: { 'line-join': 'round' }, paint: { 'line-pattern': 'gw-hatch-gap-band', 'line-width': width } },
    { id: 'run-gap-edge', type: 'line', filter: role('street'), minzoom: GAPS_FROM, paint: { 'line-color': gap, 'line-width': 1, 'line-opacity': 0.8, 'line-gap-width': width } },
    { id: 'run-places', type: 'symbol', filter: role('place'), minzoom: MARKS_FROM, layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-ignore-placement': true } },
  ]
}

/** Grids of both runs that are compared: the class of their change, and its figure. */
function changes(): { code: string; at: number; words: string }[] {
  return (comparison.data.value?.grids ?? []).flatMap((one) => {
    const value = points(one.change)
    return value === null ? [] : [{ code: one.code, at: changeClass(value), words: signed(one.change) }]
  })
}

/** The figure of each change, over all that is drawn. */
function changeLabels(): Drawn[] {
  const told = changes().filter((one) => one.at !== SAME)
  if (told.length === 0) return []
  return [
    {
      id: 'change-label',
      type: 'symbol',
      source: 'grid_labels',
      'source-layer': 'grid_labels',
      minzoom: 13,
      layout: { 'text-field': ['match', ['get', 'code'], ...told.flatMap((one) => [one.code, one.words]), ''], 'text-font': ['Inter'], 'text-size': 12, 'text-offset': [0, 2.4], 'text-allow-overlap': true },
      paint: { 'text-color': colour('--tx'), 'text-halo-color': colour('--sf'), 'text-halo-width': 2 },
    },
  ]
}

/** Grids coloured by their change, or those outside the choice dimmed: drawn from the map's own tiles of grids. */
function gridLayers(): Drawn[] {
  const theme = store.theme.value
  const found = comparison.data.value?.grids
  const tiles = { source: 'grids', 'source-layer': 'grids' }
  if (found) {
    const changed = changes()
    if (changed.length === 0) return []
    const fill = ['match', ['get', 'code'], ...changed.flatMap((one) => [one.code, CHANGE_COLOURS[theme][one.at]]), CHANGE_COLOURS[theme][SAME]]
    return [{ id: 'change-fill', type: 'fill', ...tiles, paint: { 'fill-color': fill, 'fill-opacity': theme === 'dark' ? 0.6 : 0.5 } }]
  }
  const all = report.value?.grids ?? []
  const shown = passing.value
  if (shown.length === all.length || rowsInArea.value.length === 0) return []
  const codes = shown.map((one) => one.code)
  return [{ id: 'filter-dim', type: 'fill', ...tiles, filter: ['!', ['in', ['get', 'code'], ['literal', codes]]], paint: { 'fill-color': colour('--bg'), 'fill-opacity': 0.62 } }]
}

/** The share seen in each grid of a run that the map's own labels do not tell of. */
function labelLayers(): Drawn[] {
  const here = report.value
  if (!here || isShared.value || here.grids.length === 0) return []
  const words = here.grids.flatMap((row) => [row.code, `${gridNumber(row.code)}\n${t('cov.seenLabel', { n: share(row.seen_m, row.street_m, 0) })}`])
  return [
    {
      id: 'run-label',
      type: 'symbol',
      source: 'grid_labels',
      'source-layer': 'grid_labels',
      minzoom: 13,
      layout: { 'text-field': ['match', ['get', 'code'], ...words, ''], 'text-font': ['Inter'], 'text-size': 12, 'text-allow-overlap': true },
      paint: { 'text-color': colour('--tx'), 'text-halo-color': colour('--sf'), 'text-halo-width': 2 },
    },
  ]
}

/** Streets in reach on foot, and the facilities or posts. */
const WALK = { light: '#6a4fa3', dark: '#b3a1dc' }
const reachLayers = (): Drawn[] => {
  const tone = WALK[store.theme.peek()]
  const width = ['interpolate', ['exponential', 1.6], ['zoom'], 12, 1.5, 16, 4, 19, 9]
  return [
    { id: 'walk-case', type: 'line', filter: role('street'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('--sf'), 'line-width': width, 'line-gap-width': 1, 'line-opacity': 0.8 } },
    { id: 'walk-street', type: 'line', filter: role('street'), layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': tone, 'line-width': width, 'line-opacity': 0.85 } },
    { id: 'walk-post', type: 'circle', filter: role('post'), paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 12, 3.5, 16, 6], 'circle-color': tone, 'circle-stroke-color': colour('--sf'), 'circle-stroke-width': 2 } },
    {
      id: 'walk-name',
      type: 'symbol',
      filter: role('post'),
      minzoom: 15.5,
      layout: { 'text-field': ['get', 'name'], 'text-font': ['Inter'], 'text-size': 11, 'text-offset': [0, 0.9], 'text-anchor': 'top' },
      paint: { 'text-color': colour('--tx'), 'text-halo-color': colour('--sf'), 'text-halo-width': 2 },
    },
  ]
}

/** The layers of the map that a run of its own stands in for. */
const OWN = ['gaps', 'key_places', 'view_sheds', 'grid_labels']
/** What cameras see gives way to the reach on foot. */
const OF_CAMERAS = ['gaps', 'key_places', 'view_sheds', 'cameras']
const OTHER_THEMES = ['shed-fill', 'grid-label-plain', 'grid-label-deviation']

function hideOwn(map: MapLibre): void {
  const hide = !isShared.value && report.value !== null
  const byDefault = new Map((catalogue.data.peek() ?? []).map((one) => [one.id, one.visible ?? true]))
  const style = map.getStyle() as { layers?: { id: string; metadata?: unknown; source?: string }[] } | undefined
  for (const layer of style?.layers ?? []) {
    const id = (layer.metadata as Record<string, string> | undefined)?.['gridward:layer']
    if (!id || !(OWN.includes(id) || OF_CAMERAS.includes(id)) || OTHER_THEMES.includes(layer.id)) continue
    const owner = id === 'grid_labels' ? 'grids' : id
    const themes = (layer.metadata as Record<string, string[]> | undefined)?.['gridward:theme']
    const gone = (hide && OWN.includes(id)) || (onFoot.value && OF_CAMERAS.includes(id))
    const shown = !gone && layerShown(owner, byDefault.get(owner) ?? true) && (!themes || themes.includes(mapTheme.value))
    map.setLayoutProperty(layer.id, 'visibility', shown ? 'visible' : 'none')
  }
}

/** Keeps a drawing over the map in step with what it is made of. */
function draw(map: MapLibre, id: string, made: () => Drawn[], shapes: (() => FeatureCollection) | null, below?: string): () => void {
  let over: Over | null = null
  const stops = [
    effect(() => {
      void store.theme.value
      over?.stop()
      over = standOver(map, id, made(), below)
      if (shapes) over.set(untracked(shapes))
    }),
    ...(shapes ? [effect(() => over?.set(shapes()))] : []),
  ]
  return () => {
    stops.forEach((stop) => stop())
    over?.stop()
  }
}

/** What the desk draws over the map. */
export function OnMap(): null {
  const map = mapOnScreen.value
  useEffect(() => {
    if (!map) return
    const own = (): void => {
      try {
        hideOwn(map)
      } catch {
        // the style is on its way; `style.load` comes here again
      }
    }
    map.on('style.load', own)
    const stops = [
      effect(own),
      effect(() => {
        standIn.value = runTold()
      }),
      draw(map, 'desk-grids', gridLayers, null, 'buildings-over-fill'),
      startRunSheds(),
      draw(map, 'desk-sheds', runShedLayers, runShedShapes, 'gap-ground'),
      draw(map, 'desk-run', runLayers, runShapes),
      draw(map, 'desk-walk', reachLayers, () => reachShape.value, 'street-names'),
      draw(map, 'desk-labels', () => [...labelLayers(), ...changeLabels()], null),
      draw(map, 'desk-zones', zoneLayers, () => zonesShape.value),
      draw(map, 'desk-ideas', ideaLayers, ideaShapes),
      draw(map, 'desk-marks', markLayers, marks),
    ]
    return () => {
      map.off('style.load', own)
      standIn.value = { layers: {}, images: new Set() }
      stops.forEach((stop) => stop())
    }
  }, [map])
  return null
}
