import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { refreshing, type TileMap } from '../src/map/refresh'

/** A map as MapLibre gives it, which writes down what is fetched anew. */
function aMap(tiles = 'http://x/{z}/{x}/{y}.mvt', staleWith: Record<string, string[]> = {}) {
  const listeners = new Map<string, (event: unknown) => void>()
  const fetched: [string, number | 'all'][] = []
  const state = { loaded: true }
  const source = { tiles: [tiles] }
  const map = {
    getSource: (id: string) => (['grids', ...Object.keys(staleWith)].includes(id) ? source : undefined),
    getZoom: () => 14.6,
    getStyle: () => ({ metadata: { 'gridward:stale-with': staleWith } }),
    isSourceLoaded: () => state.loaded,
    refreshTiles: (id: string, ids?: unknown[]) => fetched.push([id, ids ? ids.length : 'all']),
    on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    off: (name: string) => listeners.delete(name),
  } as unknown as TileMap
  const tell = (name: string, event: unknown = {}): void => listeners.get(name)?.(event)
  return { map, source, state, fetched, tell, listeners }
}
beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())
const soon = (): unknown => vi.advanceTimersByTime(100)
const bbox: [number, number, number, number] = [24.94, 60.169, 24.941, 60.1695]

it('only tiles under the change are fetched anew, from the first on, and an address of one version is left for good', () => {
  const { map, source, fetched } = aMap('http://x/{z}/{x}/{y}.mvt?v=7')
  const { changed } = refreshing(map, 16)
  changed({ layer: 'grids', bbox })
  soon()
  changed({ layer: 'grids', bbox })
  changed({ layer: 'elsewhere', bbox })
  soon()
  expect(source.tiles).toEqual(['http://x/{z}/{x}/{y}.mvt'])
  expect(fetched).toEqual([
    ['grids', 1],
    ['grids', 1],
  ])
})

it('a tile that was under way is asked for once more when it is here', () => {
  const { map, state, fetched, tell } = aMap()
  const { changed } = refreshing(map, 16)
  state.loaded = false
  changed({ layer: 'grids', bbox })
  soon()
  tell('sourcedata', { sourceId: 'grids' })
  expect(fetched).toEqual([['grids', 1]])
  state.loaded = true
  tell('sourcedata', { sourceId: 'grids' })
  tell('sourcedata', { sourceId: 'grids' })
  expect(fetched).toEqual([
    ['grids', 1],
    ['grids', 1],
  ])
})

it('tiles seen before are forgotten when the map moves, once', () => {
  const { map, fetched, tell, listeners } = aMap()
  const { changed, stop } = refreshing(map, 16)
  changed({ layer: 'grids', bbox })
  soon()
  tell('movestart')
  tell('movestart')
  expect(fetched).toEqual([
    ['grids', 1],
    ['grids', 'all'],
  ])
  stop()
  expect(listeners.size).toBe(0)
})

it('what hangs on several layers of one change is fetched once', () => {
  const { map, fetched } = aMap(undefined, { grid_labels: ['grids', 'gaps'], key_places: ['gaps'] })
  const { changed } = refreshing(map, 16)
  for (const layer of ['key_places', 'gaps', 'grids', 'grid_labels']) changed({ layer, bbox })
  soon()
  expect(fetched).toEqual([
    ['key_places', 'all'],
    ['grid_labels', 'all'],
    ['grids', 1],
  ])
})
