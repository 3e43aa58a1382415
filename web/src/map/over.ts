/** Drawings of a desk over the map that live through every change of its style and are fed while the hand moves. */
import type { FeatureCollection } from 'geojson'
import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from 'maplibre-gl'

export interface Over {
  /** Puts other features on the map; cheap enough for every frame. */
  set: (data: FeatureCollection) => void
  stop: () => void
}
export const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** A layer without its source: it draws the features given; or with one of the map's own. */
export type Drawn = { id: string; type: LayerSpecification['type']; source?: string; [key: string]: unknown }

/** Stands layers over a map, below a layer when it is there. */
export function standOver(map: MapLibre, id: string, drawings: readonly Drawn[], below?: string): Over {
  let data = NOTHING
  const put = (): void => {
    try {
      const source = map.getSource<GeoJSONSource>(id)
      if (!source) map.addSource(id, { type: 'geojson', data })
      const under = below && map.getLayer(below) ? below : undefined
      for (const drawing of drawings) {
        // the map's own sources come with its style
        if (drawing.source && !map.getSource(drawing.source)) continue
        if (!map.getLayer(drawing.id)) map.addLayer({ source: id, ...drawing } as unknown as LayerSpecification, under)
      }
    } catch {
      // the style is on its way; `style.load` comes here again
    }
  }
  put()
  map.on('style.load', put)
  return {
    set: (next) => {
      data = next
      try {
        map.getSource<GeoJSONSource>(id)?.setData(next)
      } catch {
        // put() draws it when the style is there
      }
    },
    stop: () => {
      map.off('style.load', put)
      try {
        for (const drawing of drawings) if (map.getLayer(drawing.id)) map.removeLayer(drawing.id)
        if (map.getSource(id)) map.removeSource(id)
      } catch {
        // the map is gone, and what was drawn on it
      }
    },
  }
}
