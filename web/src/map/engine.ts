/** MapLibre, kept in step with the store. Nothing else in the page talks to it. */
import { computed, effect, signal } from '@preact/signals'
import { Map as MapLibre, prewarm, setWorkerUrl, type GeoJSONSource, type MapMouseEvent, type StyleSpecification } from 'maplibre-gl'
import type { Feature, Geometry } from 'geojson'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'
import { mapRequest } from '../api/attended'
import { ask, query } from '../api/client'
import { gridByCode, layers, planGrids, planId, territory } from '../api/data'
import { lang, t } from '../i18n'
import { sentence } from '../ui/states'
import { toast } from '../ui/toast'
import { basemap, basemaps, withBasemap } from './basemap'
import { takeStock } from './drawn'
import { hasHan, loadHan, loadLatin } from './fonts'
import { circle, zoomOf } from './geometry'
import { editHand, startEditing } from './editing'
import { drawImage, PIXEL_RATIO, type Colours } from './images'
import { followClocks } from './pins'
import { keepTilesFresh } from './refresh'
import { labelSelected } from './selectedLabel'
import { layerShown, listMode, mapTheme, store } from './store'

setWorkerUrl(workerUrl)
// the worker comes to life while the page still asks what there is to draw
prewarm()

const TILE_MAX_ZOOM = 16
const HIT_PX = 6
/** Grid numbers begin at this zoom, other names further in. */
const LETTERS_FROM = 13
const USUAL_TOLERANCE = 0.1

/** The map on screen, or null; read by the tests as `window.gridward.map`. */
export const mapOnScreen = signal<MapLibre | null>(null)
export const mapZoom = signal<number | null>(null)
export const mapBearing = signal(0)
/** The furthest in that the map on screen has been: letters drawn there are kept. */
const nearest = signal(0)
export const colours = signal<Colours | null>(null)

const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches
const flight = (): number => (calm() ? 0 : 150)

/** Texts that stand on the map, to know which fonts it needs. */
const mapTexts = computed(() =>
  [territory.value?.name ?? '', ...(planGrids.data.value?.grids ?? []).map((grid) => grid.name ?? '')].join(' '),
)
/** The band of the plan: where the deviation ramp ends. */
const tolerance = computed(() => planGrids.data.value?.tolerance ?? USUAL_TOLERANCE)
const needsHan = computed(() => lang.value === 'zh' || hasHan(mapTexts.value))

function stylePath(): string {
  const plan = planId.peek()
  const territoryId = plan ? null : territory.peek()?.id
  return `/api/v1/style${query({ theme: store.theme.peek(), lang: lang.peek(), plan, territory: territoryId, tolerance: tolerance.peek() })}`
}

let ahead: { path: string; style: Promise<StyleSpecification> } | null = null

/** Asks for the style of the plan in the address before there is room for a map. */
export function askStyleEarly(): void {
  if (!planId.peek() || listMode.peek()) return
  const path = stylePath()
  const style = ask<StyleSpecification>(path)
  // whoever wants it hears of a failure
  style.catch(() => undefined)
  ahead = { path, style }
}

/** Fetches the style; with the fonts of its letters, where letters stand on the map from the first. */
async function fetchStyle(letters: boolean): Promise<StyleSpecification> {
  const path = stylePath()
  const asked = ahead?.path === path ? ahead.style : ask<StyleSpecification>(path)
  ahead = null
  const fonts = Promise.all([loadLatin(), letters && needsHan.peek() ? loadHan() : null])
  const [style] = await Promise.all([asked, basemaps.data.peek() ?? basemaps.load()])
  if (letters) await fonts
  const metadata = style.metadata as Record<string, unknown> | undefined
  colours.value = (metadata?.['gridward:palette'] as Colours | undefined) ?? null
  return withBasemap(style, basemap.peek())
}

/** Shows the layers of the theme in use that the layer switch leaves on. */
function applyVisibility(map: MapLibre): void {
  const theme = mapTheme.value
  const catalogue = new Map((layers.data.value ?? []).map((layer) => [layer.id, layer.visible ?? true]))
  // No style while a new one is on its way; it comes here again when it is there.
  const style = map.getStyle() as StyleSpecification | undefined
  for (const layer of style?.layers ?? []) {
    const metadata = (layer.metadata ?? {}) as Record<string, unknown>
    const id = metadata['gridward:layer'] as string | undefined
    if (!id || layer.id === 'grid-touch' || layer.id === 'land') continue
    const themes = metadata['gridward:theme'] as string[] | undefined
    const parent = id === 'grid_labels' ? 'grids' : id
    const shown = layerShown(parent, catalogue.get(parent) ?? true) && (!themes || themes.includes(theme))
    const wanted = shown ? 'visible' : 'none'
    if ((map.getLayoutProperty(layer.id, 'visibility') ?? 'visible') !== wanted) {
      map.setLayoutProperty(layer.id, 'visibility', wanted)
    }
  }
}

function applyPlace(map: MapLibre): void {
  const source = map.getSource<GeoJSONSource>('here')
  if (!source) return
  const place = store.place.value
  const features: Feature[] = []
  if (place) {
    const point: Geometry = { type: 'Point', coordinates: [place.lon, place.lat] }
    // a case in hand has a pin of its own
    if (!store.incident.value) features.push({ type: 'Feature', properties: { role: 'pin' }, geometry: point })
    if (place.accuracy_m) {
      const ring = circle(place.lon, place.lat, place.accuracy_m)
      const foot = ring[ring.length >> 1] as [number, number]
      const label = `± ${t('unit.m', { n: Math.round(place.accuracy_m) })}`
      features.push(
        { type: 'Feature', properties: { role: 'accuracy' }, geometry: { type: 'Polygon', coordinates: [ring] } },
        { type: 'Feature', properties: { role: 'accuracy-label', label }, geometry: { type: 'Point', coordinates: foot } },
      )
    }
  }
  source.setData({ type: 'FeatureCollection', features })
}

/** Moves a feature state (`selected`, `hover`) from one grid to another. */
function stateMover(map: MapLibre, state: 'selected' | 'hover'): (code: string | null) => void {
  let last: number | null = null
  return (code) => {
    if (!map.getSource('grids')) return
    const next = code ? (gridByCode.value.get(code)?.fid ?? null) : null
    if (last !== null && last !== next) {
      map.setFeatureState({ source: 'grids', sourceLayer: 'grids', id: last }, { [state]: false })
    }
    if (next !== null) map.setFeatureState({ source: 'grids', sourceLayer: 'grids', id: next }, { [state]: true })
    last = next
  }
}

/** Moves the map to a grid that is out of view. */
function showGrid(map: MapLibre, code: string | null): void {
  const grid = code ? gridByCode.peek().get(code) : null
  if (!grid) return
  const [west, south, east, north] = grid.bbox
  const view = map.getBounds()
  const inView = west < view.getEast() && east > view.getWest() && south < view.getNorth() && north > view.getSouth()
  if (!inView) map.easeTo({ center: grid.centre, duration: flight() })
}

function onClick(map: MapLibre, event: MapMouseEvent): void {
  if (editHand.peek()) return
  const { lng: lon, lat } = event.lngLat
  const { x, y } = event.point
  if (store.picking.peek()) {
    store.place.value = { lon, lat, accuracy_m: store.place.peek()?.accuracy_m ?? null }
    store.phoneMap.value = false
    return
  }
  const hits = map.queryRenderedFeatures([
    [x - HIT_PX, y - HIT_PX],
    [x + HIT_PX, y + HIT_PX],
  ])
  const pin = hits.find((hit) => hit.layer.id === 'incident-pins')
  const camera = hits.find((hit) => hit.layer.id === 'cameras' || hit.layer.id === 'camera-dots')
  if (pin && store.desk.peek() === 'dispatch') {
    const no = String(pin.properties.no)
    const take = store.casePicker.peek()
    if (take) take(no)
    else store.incident.value = no
    return
  }
  const name: unknown = camera?.properties.gb28181_id ?? camera?.properties.ref
  store.camera.value = name ? String(name) : null
  const grid = map.queryRenderedFeatures([x, y], { layers: ['grid-touch'] })[0]
  store.grid.value = grid ? String(grid.properties.code) : null
  store.incident.value = null
  store.place.value = { lon, lat, accuracy_m: null }
}

function listen(map: MapLibre): void {
  map.setMissingStyleImageResolver((name) => {
    const palette = colours.peek()
    const image = palette && drawImage(name, palette)
    if (image && !map.hasImage(name)) map.addImage(name, image, { pixelRatio: PIXEL_RATIO })
  })
  map.on('moveend', () => {
    const { lng: lon, lat } = map.getCenter()
    store.view.value = { lon, lat, zoom: map.getZoom() }
    mapZoom.value = map.getZoom()
    mapBearing.value = map.getBearing()
  })
  map.on('zoom', () => {
    mapZoom.value = map.getZoom()
    nearest.value = Math.max(nearest.peek(), map.getZoom())
  })
  map.on('mousemove', (event) => {
    store.cursor.value = { lon: event.lngLat.lng, lat: event.lngLat.lat }
    if (!map.getLayer('grid-touch')) return
    const grid = map.queryRenderedFeatures(event.point, { layers: ['grid-touch'] })[0]
    store.hover.value = grid ? String(grid.properties.code) : null
  })
  map.on('mouseout', () => {
    store.hover.value = null
    store.cursor.value = null
  })
  map.on('click', (event) => onClick(map, event))
  map.on('idle', () => takeStock(map))
  // a slow machine is long in coming to rest; the legend must not wait for it
  let waiting = 0
  map.on('sourcedata', (event) => {
    if (!event.isSourceLoaded || waiting) return
    waiting = window.setTimeout(() => {
      waiting = 0
      takeStock(map)
    }, 500)
  })
  map.on('remove', () => window.clearTimeout(waiting))
}

/** Whether letters stand on the map, or stood there and are kept as they were drawn. */
function hasLetters(map: MapLibre): boolean {
  const layers = (map.getStyle() as StyleSpecification | undefined)?.layers ?? []
  const lettered = layers.filter(({ type }) => type === 'symbol').map(({ id }) => id)
  return nearest.peek() >= LETTERS_FROM || map.queryRenderedFeatures({ layers: lettered }).length > 0
}

/** Loads the large Chinese fonts once they are needed; a map without letters comes to rest first. */
function followHan(map: MapLibre, drawAnew: () => void): () => void {
  let gone = false
  const load = (): void => {
    if (gone) return
    void loadHan().then((fresh) => {
      if (fresh && !gone && hasLetters(map)) drawAnew()
    })
  }
  const stop = effect(() => {
    if (!needsHan.value) return
    if (nearest.peek() >= LETTERS_FROM || map.loaded()) load()
    else map.once('idle', load)
  })
  return () => {
    gone = true
    stop()
  }
}

/** Keeps the map in step with the store; returns how to stop. */
function follow(map: MapLibre): () => void {
  const select = stateMover(map, 'selected')
  const hover = stateMover(map, 'hover')
  let first = true
  const ready = signal(0)
  map.on('style.load', () => (ready.value += 1))
  const restyle = computed(() => `${store.theme.value} ${lang.value} ${planId.value} ${tolerance.value} ${basemap.value?.id}`)
  const drawAnew = (): void => {
    fetchStyle(hasLetters(map))
      .then((style) => map.setStyle(style, { diff: false }))
      .catch((cause: unknown) => toast(sentence(cause)))
  }
  return joined([
    effect(() => {
      void restyle.value
      if (first) first = false
      else drawAnew()
    }),
    followHan(map, drawAnew),
    effect(() => void (ready.value && applyVisibility(map))),
    effect(() => void (ready.value && applyPlace(map))),
    effect(() => void (ready.value && select(store.grid.value))),
    effect(() => void (ready.value && hover(store.hover.value))),
    effect(() => showGrid(map, store.grid.value)),
    effect(() => {
      const target = store.goTo.value
      if (!target) return
      if (target.bbox) map.fitBounds(target.bbox, { padding: 48, maxZoom: 17, duration: flight() })
      else if (target.at) map.easeTo({ center: target.at, zoom: target.zoom ?? map.getZoom(), duration: flight() })
      store.goTo.value = null
    }),
    effect(() => {
      map.getCanvas().style.cursor = store.picking.value ? 'crosshair' : ''
    }),
    keepTilesFresh(map, TILE_MAX_ZOOM),
  ])
}

const joined = (stops: (() => void)[]): (() => void) => () => stops.forEach((stop) => stop())

/** Draws the map into an element; returns how to take it away. Raises what MapLibre raises. */
export async function openMap(container: HTMLElement): Promise<() => void> {
  const view = store.view.peek()
  const box = territory.peek()?.bbox
  nearest.value = view?.zoom ?? (box ? zoomOf(box, container.clientWidth, container.clientHeight) : 0)
  const style = await fetchStyle(nearest.peek() >= LETTERS_FROM)
  const map = new MapLibre({
    container,
    style,
    attributionControl: false,
    transformRequest: mapRequest,
    maxZoom: 20,
    minZoom: 4,
    fadeDuration: 0,
    dragRotate: true,
    pitchWithRotate: false,
    touchPitch: false,
    ...(view ? { center: [view.lon, view.lat], zoom: view.zoom } : box ? { bounds: box, fitBoundsOptions: { padding: 24 } } : {}),
  })
  listen(map)
  const stop = joined([follow(map), startEditing(map), labelSelected(map), followClocks(map)])
  mapOnScreen.value = map
  mapZoom.value = map.getZoom()
  if (!view) store.view.value = { lon: map.getCenter().lng, lat: map.getCenter().lat, zoom: map.getZoom() }
  window.gridward = { map }
  return () => {
    stop()
    mapOnScreen.value = null
    delete window.gridward
    map.remove()
  }
}

declare global {
  interface Window {
    /** For tests: the MapLibre map on screen. */
    gridward?: { map: MapLibre }
  }
}
