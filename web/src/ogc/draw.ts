/** Features of an OGC page on our own ground, in the reader's light or dark; a click opens a feature. */
import { Map as MapLibre, NavigationControl, setWorkerUrl, type LayerSpecification, type StyleSpecification } from 'maplibre-gl'
import type { FeatureCollection, Feature, GeoJSON, Position } from 'geojson'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'

const GROUND = ['areas', 'landcover', 'waterways', 'buildings', 'streets']
const SHOWN = 'features'
const CLOSEST = 16
const HIT_PX = 6
const ZH: Record<string, string> = {
  'NavigationControl.ZoomIn': '放大',
  'NavigationControl.ZoomOut': '缩小',
  'AttributionControl.ToggleAttribution': '显示或隐藏数据来源',
  'CooperativeGesturesHandler.WindowsHelpText': '按住 Ctrl 并滚动可缩放地图',
  'CooperativeGesturesHandler.MacHelpText': '按住 ⌘ 并滚动可缩放地图',
  'CooperativeGesturesHandler.MobileHelpText': '用两根手指移动地图',
}

setWorkerUrl(workerUrl)

async function fetched<T>(address: string): Promise<T> {
  const answer = await fetch(address, { headers: { Accept: 'application/geo+json, application/json' } })
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
  return (await answer.json()) as T
}

/** All positions of a feature or of many, whatever their geometry. */
export function* positions(shape: GeoJSON): Generator<Position> {
  if (shape.type === 'FeatureCollection') for (const each of shape.features) yield* positions(each)
  else if (shape.type === 'Feature') {
    if (shape.geometry as Feature['geometry'] | null) yield* positions(shape.geometry)
  } else if (shape.type === 'GeometryCollection') for (const each of shape.geometries) yield* positions(each)
  else yield* flat(shape.coordinates)
}

function* flat(part: unknown): Generator<Position> {
  if (!Array.isArray(part)) return
  if (typeof part[0] === 'number') yield part as Position
  else for (const each of part as unknown[]) yield* flat(each)
}

/** West, south, east, north of what is shown, or null where nothing has a place. */
export function boundsOf(shape: GeoJSON): [number, number, number, number] | null {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x = 0, y = 0] of positions(shape)) {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
  }
  return box[0] <= box[2] ? box : null
}

const wantsDark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)')

/** Our own style with nothing but the ground, and what the page shows on top of it. */
async function styleOf(shown: GeoJSON, lang: string, kept: string): Promise<StyleSpecification> {
  const theme = wantsDark().matches ? 'dark' : 'light'
  const whole = await fetched<StyleSpecification>(new URL(`../api/v1/style?theme=${theme}&lang=${lang}${kept}`, rootOfOgc()).href)
  const palette = (whole.metadata as Record<string, Record<string, string>>)['gridward:palette'] ?? {}
  const colour = palette['accent'] ?? '#0b5c73'
  const halo = palette['halo'] ?? '#ffffff'
  const isGround = (layer: LayerSpecification): boolean =>
    layer.type === 'background' || (GROUND.includes((layer as { source?: string }).source ?? '') && (layer.type === 'fill' || layer.type === 'line'))
  const polygons: ['==', ['geometry-type'], string] = ['==', ['geometry-type'], 'Polygon']
  return {
    version: 8,
    sources: {
      ...Object.fromEntries(Object.entries(whole.sources).filter(([name]) => GROUND.includes(name))),
      [SHOWN]: { type: 'geojson', data: shown },
    },
    layers: [
      ...whole.layers.filter(isGround),
      { id: 'shown-fill', type: 'fill', source: SHOWN, filter: polygons, paint: { 'fill-color': colour, 'fill-opacity': 0.2 } },
      { id: 'shown-line', type: 'line', source: SHOWN, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': colour, 'line-width': 2 } },
      {
        id: 'shown-point',
        type: 'circle',
        source: SHOWN,
        filter: ['==', ['geometry-type'], 'Point'],
        paint: { 'circle-color': colour, 'circle-radius': 5, 'circle-stroke-color': halo, 'circle-stroke-width': 1.5 },
      },
    ],
    transition: { duration: 0, delay: 0 },
  }
}

/** Address of `/ogc/` by that of this page. */
const rootOfOgc = (): string => location.href.slice(0, location.href.indexOf('/ogc/') + '/ogc/'.length)

/** The plan and territory that the page is about, as further parameters. */
function keptOf(address: string): string {
  const asked = new URL(address).searchParams
  return ['plan', 'territory'].map((name) => (asked.has(name) ? `&${name}=${encodeURIComponent(asked.get(name) ?? '')}` : '')).join('')
}

/** Opens the page of a feature that is clicked. */
function openOnClick(map: MapLibre, address: string): void {
  const at = (point: { x: number; y: number }): string | number | undefined =>
    map.queryRenderedFeatures(
      [[point.x - HIT_PX, point.y - HIT_PX], [point.x + HIT_PX, point.y + HIT_PX]],
      { layers: ['shown-point', 'shown-line', 'shown-fill'] },
    )[0]?.id
  map.on('mousemove', (event) => {
    map.getCanvas().style.cursor = at(event.point) === undefined ? '' : 'pointer'
  })
  map.on('click', (event) => {
    const id = at(event.point)
    const here = new URL(address)
    if (id !== undefined) location.href = `${here.origin}${here.pathname}/${id}?f=html`
  })
}

/** Draws the map of a page in its figure; rejects where that can't be done, with the outlines left as they are. */
export async function drawMap(figure: HTMLElement): Promise<MapLibre> {
  const { features: address = '', label = '', lang = 'en' } = figure.dataset
  const shown = await fetched<FeatureCollection | Feature>(address)
  const kept = keptOf(address)
  const style = await styleOf(shown, lang, kept)
  const container = document.createElement('div')
  const outlines = figure.querySelector('svg')
  figure.prepend(container)
  figure.classList.add('drawn')
  const map = new MapLibre({
    container,
    style,
    bounds: boundsOf(shown) ?? undefined,
    fitBoundsOptions: { padding: 40, maxZoom: CLOSEST },
    attributionControl: { compact: true },
    cooperativeGestures: true,
    dragRotate: false,
    fadeDuration: 0,
    locale: { ...(lang === 'zh' ? ZH : {}), 'Map.Title': label },
  })
  outlines?.remove()
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right')
  if (shown.type === 'FeatureCollection') {
    openOnClick(map, address)
    figure.querySelector('figcaption')?.removeAttribute('hidden')
  }
  wantsDark().addEventListener('change', () => void styleOf(shown, lang, kept).then((next) => map.setStyle(next)))
  // tests ask it what was drawn
  Object.assign(window, { ogcMap: map })
  return map
}
