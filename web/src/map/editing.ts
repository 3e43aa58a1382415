/** What the editing tools need of the map: the hand's events, snapping to what is drawn, and a place to draw on. */
import { effect, signal } from '@preact/signals'
import type { FeatureCollection, Position } from 'geojson'
import type { GeoJSONSource, LayerSpecification, Map as MapLibre, MapMouseEvent, MapTouchEvent } from 'maplibre-gl'
import { snapTo, type Snap, type SnapKind, type SnapLine } from '../features/planner/edit/snap'
import { metresPerPixel } from './geometry'
import { store } from './store'

export interface Pointer {
  kind: 'down' | 'move' | 'up' | 'tap'
  at: [number, number]
  px: [number, number]
  metresPerPx: number
  touch: boolean
  snap: (Snap & { at: [number, number] }) | null
}
/** Takes the hand while a tool is chosen; true keeps the map from being dragged. */
export const editHand = signal<((pointer: Pointer) => boolean) | null>(null)
/** The tool in hand draws lines: they snap. */
export const editSnaps = signal(false)
/** What a tool draws; each feature has a `role`. */
export const editDrawing = signal<FeatureCollection>({ type: 'FeatureCollection', features: [] })
/** Where the hand is on the map, to put a card beside it. */
export const handAt = signal<{ x: number; y: number } | null>(null)

const SOURCE = 'edit'
const REACH_PX = 24
const SNAPS: Record<string, SnapKind> = { streets: 'street', waterways: 'river', buildings: 'building' }

const role = (...names: string[]): ['in', ['get', string], ['literal', string[]]] => ['in', ['get', 'role'], ['literal', names]]

/** Layers of the drawing in the colours of the page. */
function drawingLayers(): LayerSpecification[] {
  const css = getComputedStyle(document.documentElement)
  const colour = (name: string): string => css.getPropertyValue(name).trim()
  const [accent, surface, bad, text, ok] = ['--ac', '--sf', '--lt-f', '--tx', '--ok-f'].map(colour) as [string, string, string, string, string]
  const joined = { 'line-join': 'round', 'line-cap': 'round' } as const
  const line = (id: string, roles: string[], paint: Record<string, unknown>): LayerSpecification =>
    ({ id: `edit-${id}`, type: 'line', source: SOURCE, filter: role(...roles), layout: joined, paint }) as unknown as LayerSpecification
  const dot = (id: string, roles: string[], paint: Record<string, unknown>): LayerSpecification =>
    ({ id: `edit-${id}`, type: 'circle', source: SOURCE, filter: role(...roles), paint }) as unknown as LayerSpecification
  return [
    { id: 'edit-fill', type: 'fill', source: SOURCE, filter: role('moved'), paint: { 'fill-color': accent, 'fill-opacity': 0.22 } } as unknown as LayerSpecification,
    { id: 'edit-dim', type: 'fill', source: SOURCE, filter: role('dim'), paint: { 'fill-color': surface, 'fill-opacity': 0.45 } } as unknown as LayerSpecification,
    { id: 'edit-other', type: 'fill', source: SOURCE, filter: role('half'), paint: { 'fill-color': ok, 'fill-opacity': 0.22 } } as unknown as LayerSpecification,
    line('fresh', ['fresh'], { 'line-color': text, 'line-width': 1.5 }),
    line('hover', ['hover'], { 'line-color': accent, 'line-width': 5, 'line-opacity': 0.5 }),
    line('old', ['old'], { 'line-color': text, 'line-width': 1.5, 'line-dasharray': [3, 3] }),
    line('case', ['work', 'picked'], { 'line-color': surface, 'line-width': 6 }),
    line('work', ['work', 'picked'], { 'line-color': accent, 'line-width': 3 }),
    line('plan', ['proposed', 'kept', 'trail'], { 'line-color': accent, 'line-width': 2, 'line-dasharray': [2, 2] }),
    line('bad', ['bad'], { 'line-color': bad, 'line-width': 3, 'line-dasharray': [2, 2] }),
    dot('vertex', ['vertex'], { 'circle-radius': 3.5, 'circle-color': surface, 'circle-stroke-color': accent, 'circle-stroke-width': 2 }),
    dot('handle', ['handle'], { 'circle-radius': 6, 'circle-color': accent, 'circle-stroke-color': surface, 'circle-stroke-width': 2.5 }),
    dot('snap', ['snap'], { 'circle-radius': 9, 'circle-color': accent, 'circle-opacity': 0.15, 'circle-stroke-color': accent, 'circle-stroke-width': 2 }),
    dot('refused', ['refused'], { 'circle-radius': 14, 'circle-color': bad, 'circle-opacity': 0.2, 'circle-stroke-color': bad, 'circle-stroke-width': 3 }),
  ]
}

/** Lines that stand on the screen near the hand, in pixels. */
export function linesNear(map: MapLibre, [x, y]: [number, number]): SnapLine[] {
  const style = map.getStyle() as { layers?: { id: string; 'source-layer'?: string }[] } | undefined
  const layers = (style?.layers ?? []).filter((layer) => SNAPS[layer['source-layer'] ?? ''] && map.getLayoutProperty(layer.id, 'visibility') !== 'none').map((layer) => layer.id)
  const hits = map.queryRenderedFeatures(
    [
      [x - REACH_PX, y - REACH_PX],
      [x + REACH_PX, y + REACH_PX],
    ],
    { layers },
  )
  const px = (positions: Position[]): [number, number][] =>
    positions.map(([lon, lat]) => {
      const at = map.project([lon as number, lat as number])
      return [at.x, at.y]
    })
  return hits.flatMap(({ geometry, sourceLayer, properties }) => {
    const kind = SNAPS[sourceLayer ?? ''] as SnapKind
    const name = properties.name ? String(properties.name) : null
    const lines =
      geometry.type === 'LineString'
        ? [geometry.coordinates]
        : geometry.type === 'MultiLineString' || geometry.type === 'Polygon'
          ? geometry.coordinates
          : geometry.type === 'MultiPolygon'
            ? geometry.coordinates.flat()
            : []
    return lines.map((line) => ({ kind, name, line: px(line) }))
  })
}

function pointerOf(map: MapLibre, kind: Pointer['kind'], event: MapMouseEvent | MapTouchEvent): Pointer {
  const px: [number, number] = [event.point.x, event.point.y]
  const original = event.originalEvent
  const wants = editSnaps.peek() && store.snapping.peek() && !original.shiftKey && kind !== 'down'
  const found = wants ? snapTo(linesNear(map, px), px) : null
  const snapAt = found && map.unproject(found.px)
  return {
    kind,
    at: [event.lngLat.lng, event.lngLat.lat],
    px,
    metresPerPx: metresPerPixel(map.getZoom(), event.lngLat.lat),
    touch: original.type.startsWith('touch') || (original as PointerEvent).pointerType === 'touch' || matchMedia('(pointer: coarse)').matches,
    snap: found && snapAt ? { ...found, at: [snapAt.lng, snapAt.lat] } : null,
  }
}

/** Gives the hand to the tools and draws what they draw; returns how to stop. */
export function startEditing(map: MapLibre): () => void {
  let held = false
  const give = (kind: Pointer['kind'], event: MapMouseEvent | MapTouchEvent): boolean => {
    const take = editHand.peek()
    if (!take) return false
    const pointer = pointerOf(map, kind, event)
    handAt.value = { x: pointer.px[0], y: pointer.px[1] }
    return take(pointer)
  }
  const down = (event: MapMouseEvent | MapTouchEvent): void => {
    if ('points' in event && event.points.length > 1) return
    if ('button' in event.originalEvent && event.originalEvent.button !== 0) return
    held = give('down', event)
    if (held) event.preventDefault()
  }
  const up = (event: MapMouseEvent | MapTouchEvent): void => {
    if (held) give('up', event)
    held = false
  }
  map.on('mousedown', down)
  map.on('touchstart', down)
  map.on('mousemove', (event) => void give('move', event))
  map.on('touchmove', (event) => held && void give('move', event))
  map.on('mouseup', up)
  map.on('touchend', up)
  map.on('click', (event) => void give('tap', event))

  const draw = (): void => {
    const source = map.getSource<GeoJSONSource>(SOURCE)
    if (source) source.setData(editDrawing.peek())
  }
  const build = (): void => {
    if (!map.getSource(SOURCE)) map.addSource(SOURCE, { type: 'geojson', data: editDrawing.peek() })
    for (const layer of drawingLayers()) if (!map.getLayer(layer.id)) map.addLayer(layer)
  }
  map.on('style.load', build)
  if (map.isStyleLoaded()) build()
  let frame = 0
  const stops = [
    effect(() => {
      void editDrawing.value
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(draw)
    }),
    effect(() => {
      const on = editHand.value !== null
      if (on) map.doubleClickZoom.disable()
      else map.doubleClickZoom.enable()
      map.getCanvas().style.cursor = on ? 'crosshair' : ''
    }),
  ]
  return () => {
    cancelAnimationFrame(frame)
    stops.forEach((stop) => stop())
  }
}
