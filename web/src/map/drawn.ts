import { signal } from '@preact/signals'
import { isOver } from '../api/types'
import type { Map as MapLibre, MapGeoJSONFeature, StyleSpecification } from 'maplibre-gl'

/** What the map really draws: catalogue ids, and the images among their features. */
export interface DrawnThings {
  layers: Record<string, number>
  images: Set<string>
}

export const drawn = signal<DrawnThings>({ layers: {}, images: new Set() })

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
      if (isOver(String(p.state))) return 'gw-pin-closed'
      return p.severity === 'critical' ? 'gw-pin-critical' : 'gw-pin-open'
    case 'dwellings':
      return 'gw-dwelling'
    default:
      return null
  }
}

/** The ground explains itself and would only cost time: buildings alone are thousands of features. */
const GROUND = new Set(['areas', 'landcover', 'waterways', 'buildings', 'streets'])

/** Style layers that the legend tells of. */
function told(map: MapLibre): string[] {
  // No style while a new one is on its way.
  const layers = (map.getStyle() as StyleSpecification | undefined)?.layers ?? []
  return layers
    .filter((layer) => {
      const id = (layer.metadata as Record<string, unknown> | undefined)?.['gridward:layer']
      return typeof id === 'string' && !GROUND.has(id) && layer.id !== 'grid-touch'
    })
    .map((layer) => layer.id)
}

/** Looks at what stands on the map now; call when the map is idle. */
export function takeStock(map: MapLibre): void {
  const layers: Record<string, number> = {}
  const images = new Set<string>()
  for (const feature of map.queryRenderedFeatures({ layers: told(map) })) {
    const id = feature.sourceLayer
    if (!id) continue
    layers[id] = (layers[id] ?? 0) + 1
    const image = imageOf(feature)
    if (image) images.add(image)
    if (id === 'view_sheds' && feature.properties.unknown === true) images.add('unknown-shed')
  }
  drawn.value = { layers, images }
}
