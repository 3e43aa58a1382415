/** A second map beside the one on screen: of another plan, or for paper. It has no hands of its own. */
import { Map as MapLibre, type GeoJSONSource, type LayerSpecification, type StyleSpecification } from 'maplibre-gl'
import type { FeatureCollection } from 'geojson'
import { mapRequest } from '../api/attended'
import { ask, query } from '../api/client'
import { layers } from '../api/data'
import { lang } from '../i18n'
import { basemap, withBasemap } from './basemap'
import { loadHan, loadLatin } from './fonts'
import { drawImage, PIXEL_RATIO, type Colours } from './images'
import type { MapTheme } from './permalink'
import { layerShown, type Theme } from './store'

export interface Look {
  plan: string
  theme: Theme
  mapTheme: MapTheme
  tolerance: number
}

/** A style with the layers of a map theme shown that the catalogue or the reader wants. */
export function arranged(style: StyleSpecification, theme: MapTheme, shown: (id: string) => boolean): StyleSpecification {
  const of = (layer: LayerSpecification): LayerSpecification => {
    const metadata = (layer.metadata ?? {}) as Record<string, unknown>
    const id = metadata['gridward:layer'] as string | undefined
    if (!id || layer.id === 'grid-touch' || layer.id === 'land') return layer
    const themes = metadata['gridward:theme'] as string[] | undefined
    const visible = shown(id === 'grid_labels' ? 'grids' : id) && (!themes || themes.includes(theme))
    return { ...layer, layout: { ...layer.layout, visibility: visible ? 'visible' : 'none' } } as LayerSpecification
  }
  return { ...style, layers: style.layers.map(of) }
}

/** Fetches the style of a plan, arranged as the map on screen is. */
export async function styleOf(look: Look): Promise<StyleSpecification> {
  const path = `/api/v1/style${query({ theme: look.theme, lang: lang.peek(), plan: look.plan, tolerance: look.tolerance })}`
  const [style] = await Promise.all([ask<StyleSpecification>(path), loadLatin(), lang.peek() === 'zh' ? loadHan() : null])
  const byDefault = new Map((layers.data.peek() ?? []).map((layer) => [layer.id, layer.visible ?? true]))
  return arranged(withBasemap(style, basemap.peek()), look.mapTheme, (id) => layerShown(id, byDefault.get(id) ?? true))
}

/** Lets a map draw the images that its style names, in the style's own colours. */
export function drawImages(map: MapLibre, style: StyleSpecification): void {
  const palette = (style.metadata as Record<string, unknown> | undefined)?.['gridward:palette'] as Colours | undefined
  map.setMissingStyleImageResolver((name) => {
    const image = palette && drawImage(name, palette)
    if (image && !map.hasImage(name)) map.addImage(name, image, { pixelRatio: PIXEL_RATIO })
  })
}

/** Opens a map of another plan that follows a map; returns how to take it away. */
export function openSecond(container: HTMLElement, main: MapLibre, style: StyleSpecification): { map: MapLibre; close: () => void } {
  const map = new MapLibre({
    container,
    style,
    attributionControl: false,
    transformRequest: mapRequest,
    interactive: false,
    fadeDuration: 0,
    center: main.getCenter(),
    zoom: main.getZoom(),
    bearing: main.getBearing(),
    maxZoom: 20,
  })
  drawImages(map, style)
  // a second map is no stop of the keyboard: the first one is the map
  map.getCanvas().setAttribute('aria-hidden', 'true')
  map.getCanvas().removeAttribute('tabindex')
  const keepUp = (): void => void map.jumpTo({ center: main.getCenter(), zoom: main.getZoom(), bearing: main.getBearing() })
  main.on('move', keepUp)
  return {
    map,
    close: () => {
      main.off('move', keepUp)
      map.remove()
    },
  }
}

const GROUND = new Set(['streets', 'buildings', 'waterways', 'landcover'])

/** Draws streets, buildings and water on clear ground: what lies under it shows through. */
export async function groundPicture(look: Look, view: { center: [number, number]; zoom: number }, size: [number, number]): Promise<string> {
  const style = await styleOf(look)
  const ground = arranged(style, look.mapTheme, (id) => GROUND.has(id))
  const drawn = ground.layers.filter((layer) => layer.type !== 'background' && layer.id !== 'land' && layer.layout?.visibility !== 'none' && GROUND.has(String((layer.metadata as Record<string, unknown> | undefined)?.['gridward:layer'])))
  return picture({ ...ground, layers: drawn }, view, size)
}

type Drawing = Omit<LayerSpecification, 'source'> & { source?: never }

/** Draws features over a map, through every change of its style; returns how to take them away. */
export function drawOver(map: MapLibre, id: string, data: FeatureCollection, drawings: readonly Drawing[]): () => void {
  const put = (): void => {
    try {
      const source = map.getSource<GeoJSONSource>(id)
      if (source) source.setData(data)
      else map.addSource(id, { type: 'geojson', data })
      for (const drawing of drawings) if (!map.getLayer(drawing.id)) map.addLayer({ ...drawing, source: id } as LayerSpecification)
    } catch {
      // the style is on its way; `style.load` comes here again
    }
  }
  put()
  map.on('style.load', put)
  return () => {
    map.off('style.load', put)
    try {
      for (const drawing of drawings) if (map.getLayer(drawing.id)) map.removeLayer(drawing.id)
      if (map.getSource(id)) map.removeSource(id)
    } catch {
      // the map is gone, and what was drawn on it
    }
  }
}

export interface View {
  center: [number, number]
  zoom: number
}
export interface Shooting {
  /** The grid of this number gets the style's look of a selected one. */
  marked?: number | null
  kind?: 'image/png' | 'image/jpeg'
  /** Dresses the map before it is drawn. */
  before?: (map: MapLibre) => void
  /** Looks at the map once it is drawn. */
  after?: (map: MapLibre) => void
}
export interface Camera {
  /** Draws a view and returns its picture. */
  take: (view: View, shooting?: Shooting) => Promise<string>
  close: () => void
}

/** A map of so many pixels that nobody sees, for pictures of one place after another. */
export function camera(style: StyleSpecification, size: [number, number], ratio = 2): Camera {
  const box = document.createElement('div')
  box.className = 'paper-map'
  box.setAttribute('aria-hidden', 'true')
  box.style.width = `${size[0]}px`
  box.style.height = `${size[1]}px`
  document.body.append(box)
  let map: MapLibre | null = null
  const open = (view: View): MapLibre => {
    const made = new MapLibre({
      container: box,
      style,
      ...view,
      attributionControl: false,
      transformRequest: mapRequest,
      interactive: false,
      fadeDuration: 0,
      pixelRatio: COARSE,
      maxZoom: 22,
      // two pixels for each of the paper's smooth its edges; more samples make a software renderer five times as slow
      canvasContextAttributes: { preserveDrawingBuffer: true, antialias: false },
    })
    drawImages(made, style)
    return made
  }
  const still = (of: MapLibre): Promise<void> =>
    new Promise((resolve, reject) => {
      of.once('idle', () => resolve())
      of.once('webglcontextlost', () => reject(new Error('WebGL')))
      of.triggerRepaint()
    })
  return {
    take: async (view, { marked = null, kind = 'image/png', before, after } = {}) => {
      // every tile that comes draws the map anew: coarsely, until all are there
      if (map) {
        map.setPixelRatio(COARSE)
        map.jumpTo(view)
      } else {
        const made = open(view)
        map = made
        await new Promise<void>((resolve) => made.once('style.load', () => resolve()))
      }
      if (map.getSource('grids')) {
        map.removeFeatureState({ source: 'grids', sourceLayer: 'grids' })
        if (marked !== null) map.setFeatureState({ source: 'grids', sourceLayer: 'grids', id: marked }, { selected: true })
      }
      before?.(map)
      await still(map)
      map.setPixelRatio(ratio)
      await still(map)
      after?.(map)
      return map.getCanvas().toDataURL(kind, JPEG_QUALITY)
    },
    close: () => {
      map?.remove()
      box.remove()
    },
  }
}

const JPEG_QUALITY = 0.92
const COARSE = 0.125

/** Draws a map of so many pixels that nobody sees and returns its picture. */
export async function picture(style: StyleSpecification, view: View, size: [number, number], ratio = 2): Promise<string> {
  const one = camera(style, size, ratio)
  try {
    return await one.take(view)
  } finally {
    one.close()
  }
}
