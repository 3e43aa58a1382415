import type { Map as MapLibre, MapSourceDataEvent, VectorTileSource } from 'maplibre-gl'
import { onLayer } from '../api/events'
import type { LayerEvent } from '../api/types'
import { tilesUnder, withoutVersion, type TileId } from './tiles'

/** Every tile of a source, where they can't be named. */
const ALL = undefined
type Tiles = TileId[] | typeof ALL
type Boxes = [number, number, number, number][] | typeof ALL

/** One change is told of every layer that it touched, in one breath: what hangs on several of them is fetched once. */
const TOGETHER_MS = 50

/** What of a map fetches tiles anew. */
export type TileMap = Pick<MapLibre, 'getSource' | 'getZoom' | 'getStyle' | 'isSourceLoaded' | 'refreshTiles' | 'on' | 'off'>

/**
 * Fetches anew what a change of a layer touched, on screen at once. A tile that was under way may have left the server
 * before the change, and is asked for again once it is here. Tiles seen before, of other places and zooms, are kept in
 * memory by MapLibre and have no name: they are forgotten when the map moves next, before it could show them.
 */
export function refreshing(map: TileMap, maxZoom: number): { changed: (event: Pick<LayerEvent, 'layer' | 'bbox'>) => void; stop: () => void } {
  const underway = new Map<string, Tiles>()
  const remembered = new Set<string>()

  const due = new Map<string, Boxes>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const changed = ({ layer, bbox }: Pick<LayerEvent, 'layer' | 'bbox'>): void => {
    const { metadata } = map.getStyle() as { metadata?: { 'gridward:stale-with'?: Record<string, string[]> } }
    const hangingOn = Object.entries(metadata?.['gridward:stale-with'] ?? {}).filter(([, others]) => others.includes(layer))
    for (const each of [layer, ...hangingOn.map(([id]) => id)]) {
      const before = due.has(each) ? due.get(each) : []
      due.set(each, each === layer && bbox && before ? [...before, bbox] : ALL)
    }
    timer ??= setTimeout(flush, TOGETHER_MS)
  }

  const flush = (): void => {
    timer = undefined
    const z = Math.min(Math.floor(map.getZoom()), maxZoom)
    for (const [id, boxes] of due) {
      const source = map.getSource<VectorTileSource>(id)
      if (!source) continue
      // an address of one version would be answered from the browser's cache for ever; `setTiles` would fetch the whole
      // screen anew, and keep what a tile under way brings from the old address
      if (source.tiles) source.tiles = source.tiles.map(withoutVersion)
      const tiles = boxes?.map((box) => tilesUnder(box, z))
      refresh(id, tiles?.every((under) => under !== null) ? tiles.flat() : ALL)
    }
    due.clear()
  }

  const refresh = (id: string, tiles: Tiles): void => {
    if (!map.isSourceLoaded(id)) {
      const before = underway.has(id) ? underway.get(id) : []
      underway.set(id, before && tiles ? [...before, ...tiles] : ALL)
    }
    if (tiles) remembered.add(id)
    map.refreshTiles(id, tiles)
  }

  const arrived = ({ sourceId }: MapSourceDataEvent): void => {
    if (!underway.has(sourceId) || !map.getSource(sourceId) || !map.isSourceLoaded(sourceId)) return
    const tiles = underway.get(sourceId)
    underway.delete(sourceId)
    map.refreshTiles(sourceId, tiles)
  }

  const moving = (): void => {
    for (const id of remembered) if (map.getSource(id)) map.refreshTiles(id)
    remembered.clear()
  }

  map.on('sourcedata', arrived)
  map.on('movestart', moving)
  return {
    changed,
    stop: () => {
      clearTimeout(timer)
      map.off('sourcedata', arrived)
      map.off('movestart', moving)
    },
  }
}

/** Keeps the tiles on a map as the server has them; returns how to stop. */
export function keepTilesFresh(map: MapLibre, maxZoom: number): () => void {
  const { changed, stop } = refreshing(map, maxZoom)
  const deaf = onLayer(changed)
  return () => {
    deaf()
    stop()
  }
}
