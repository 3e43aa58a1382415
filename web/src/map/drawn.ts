import { signal } from '@preact/signals'
import type { Map as MapLibre, MapGeoJSONFeature, StyleSpecification } from 'maplibre-gl'
import { pinOf } from './pins'

/** What the map really draws: catalogue ids, with how many features (of grids, 1 for any), and the images among them. */
export interface DrawnThings {
  layers: Record<string, number>
  images: Set<string>
}

export const drawn = signal<DrawnThings>({ layers: {}, images: new Set() })
/** What a desk draws over the map that is no layer of the catalogue, for the legend: words and colour, a token of the theme. */
export const deskMarks = signal<readonly { words: string; colour: string }[]>([])
/** What a desk draws in the stead of the map's own layers, for the legend. */
export const standIn = signal<DrawnThings>({ layers: {}, images: new Set() })

function imageOf(feature: MapGeoJSONFeature): string | null {
  const p = feature.properties
  switch (feature.sourceLayer) {
    case 'cameras':
      if (p.online === false) return 'gw-camera-offline'
      if (p.kind === 'ptz' || p.kind === 'dome') return 'gw-camera-full'
      return p.azimuth === undefined || p.azimuth === null ? 'gw-camera-unknown' : 'gw-camera-fixed'
    case 'key_places':
      return `gw-place-${String(p.seen ?? 'no')}`
    case 'gaps':
      return 'gw-hatch-gap'
    case 'incidents':
      return pinOf(p as Parameters<typeof pinOf>[0], Date.now() / 1000)
    case 'dwellings':
      return 'gw-dwelling'
    default:
      return null
  }
}

/** The ground explains itself and would only cost time: buildings alone are thousands of features. */
const GROUND = new Set(['areas', 'landcover', 'waterways', 'buildings', 'streets'])

const AREAS = 'grids'
/** The fill that takes clicks lies under all of every grid, whatever else is drawn of it. */
const TOUCH = 'grid-touch'
/** So many places a side are looked at for grids. */
const PLACES = 8

interface Told {
  /** Style layers whose features are all looked at. */
  each: string[]
  /** Style layers of the grids that are switched on. */
  grids: string[]
}

/** Style layers that the legend tells of. */
function told(map: MapLibre): Told {
  const found: Told = { each: [], grids: [] }
  // No style while a new one is on its way.
  for (const layer of (map.getStyle() as StyleSpecification | undefined)?.layers ?? []) {
    const id = (layer.metadata as Record<string, unknown> | undefined)?.['gridward:layer']
    if (typeof id !== 'string' || GROUND.has(id) || layer.id === TOUCH || layer.layout?.visibility === 'none') continue
    if ('source-layer' in layer && layer['source-layer'] === AREAS) found.grids.push(layer.id)
    else found.each.push(layer.id)
  }
  return found
}

/** Whether grids stand on the map. They lie edge to edge: some places tell, where a plan's thousands of shapes take long. */
function hasGrids(map: MapLibre, layers: string[]): boolean {
  if (layers.length === 0 || !map.getLayer(TOUCH)) return false
  const { clientWidth, clientHeight } = map.getCanvas()
  for (let k = 0; k < PLACES * PLACES; k += 1) {
    const at: [number, number] = [(clientWidth * ((k % PLACES) + 0.5)) / PLACES, (clientHeight * (Math.floor(k / PLACES) + 0.5)) / PLACES]
    if (map.queryRenderedFeatures(at, { layers: [TOUCH] }).length > 0) return true
  }
  return map.queryRenderedFeatures({ layers }).length > 0
}

/** Looks at what stands on the map now; call when the map is idle. */
export function takeStock(map: MapLibre): void {
  const layers: Record<string, number> = {}
  const images = new Set<string>()
  const { each, grids } = told(map)
  if (hasGrids(map, grids)) layers[AREAS] = 1
  for (const feature of map.queryRenderedFeatures({ layers: each })) {
    const id = feature.sourceLayer
    if (!id) continue
    layers[id] = (layers[id] ?? 0) + 1
    const image = imageOf(feature)
    if (image) images.add(image)
    if (image?.startsWith('gw-pin-critical-')) images.add('gw-pin-critical').add(image.replace('critical-', ''))
    if (id === 'view_sheds' && feature.properties.unknown === true) images.add('unknown-shed')
  }
  drawn.value = { layers, images }
}
