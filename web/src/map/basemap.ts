/** Maps of others under ours: which there are, which is chosen, and how they are drawn. */
import { addProtocol, type LayerSpecification, type RequestParameters, type SourceSpecification, type StyleSpecification } from 'maplibre-gl'
import { computed } from '@preact/signals'
import { mapRequest } from '../api/attended'
import { ask } from '../api/client'
import { territory } from '../api/data'
import { resource } from '../api/resource'
import type { Basemap } from '../api/types'
import { squaresOf, SQUARES, tilesOf } from './shift'
import { store } from './store'

export const NONE = 'none'
const SOURCE = 'basemap'
const SHIFTED = 'gridward-shifted'
/** Layers of ours that would cover a map under them. */
const COVERED = new Set(['land', 'land-cover', 'green', 'water'])
const KEPT = 48

export const basemaps = resource(
  async (abort) => (await ask<{ basemaps: Basemap[] }>('/api/v1/basemaps', { signal: abort })).basemaps,
)
/** The map that is drawn on: the one in the address, else the default, else none. */
export const basemap = computed<Basemap | null>(() => {
  const all = basemaps.data.value ?? []
  if (store.base.value === NONE) return null
  return all.find((one) => one.id === store.base.value) ?? all.find((one) => one.default) ?? null
})
/** Whom what stands on the map is owed to. */
export const sources = computed(() => [territory.value?.attribution, basemap.value?.attribution].filter(Boolean).join(' · '))

/** Chooses a map to draw on; null is none. */
export function chooseBasemap(id: string | null): void {
  const usual = (basemaps.data.peek() ?? []).find((one) => one.default)?.id ?? null
  store.base.value = id === usual ? null : (id ?? NONE)
}

/** A style over a map of others: that one lies lowest, and what would cover it is left out. */
export function withBasemap(style: StyleSpecification, chosen: Basemap | null): StyleSpecification {
  if (!chosen) return style
  const layers = style.layers.filter((layer) => !COVERED.has(layer.id))
  const under = layers.findIndex((layer) => layer.type !== 'background')
  const drawn = chosen.form === 'vector' ? vectorLayers(chosen, style) : [picture]
  return { ...style, sources: { ...style.sources, [SOURCE]: sourceOf(chosen) }, layers: [...layers.slice(0, under), ...drawn, ...layers.slice(under)] }
}

const picture: LayerSpecification = { id: 'basemap', type: 'raster', source: SOURCE, paint: { 'raster-fade-duration': 0 } }

function sourceOf(chosen: Basemap): SourceSpecification {
  const address = chosen.address.startsWith('/') ? `${location.origin}${chosen.address}` : chosen.address
  const common = { tiles: [chosen.shifted ? shiftedAddress(address) : address], minzoom: chosen.min_zoom, maxzoom: chosen.max_zoom }
  const box = chosen.box ? { bounds: chosen.box } : {}
  if (chosen.form === 'vector') return { type: 'vector', ...common, ...box }
  return { type: 'raster', tileSize: chosen.tile_size, ...common, ...box }
}

/** MapLibre fills the places of an address: those of the provider's travel along written otherwise. */
const shiftedAddress = (address: string): string => `${SHIFTED}://${encodeURIComponent(address)}#{z}/{x}/{y}`

const LIKE: [RegExp, string][] = [
  [/water|ocean|sea|river|lake/, 'water'],
  [/green|park|wood|forest|grass|landuse|landcover|natural/, 'green'],
  [/build/, 'building'],
  [/boundar|admin|border/, 'text_muted'],
]

/** Draws vector tiles that nothing is known of but the names of their layers: ground, water, buildings and lines. */
function vectorLayers(chosen: Basemap, style: StyleSpecification): LayerSpecification[] {
  const metadata = style.metadata as Record<string, unknown> | undefined
  const palette = (metadata?.['gridward:palette'] ?? {}) as Record<string, unknown>
  const colour = (name: string): string => {
    const found = palette[LIKE.find(([words]) => words.test(name))?.[1] ?? 'street_case']
    return typeof found === 'string' ? found : '#9aa0a6'
  }
  const order = (name: string): number => (/build/.test(name) ? 2 : /water|ocean|sea|river|lake/.test(name) ? 1 : 0)
  const named = [...chosen.layers].sort((a, b) => order(a) - order(b))
  const of = (name: string, kind: 'fill' | 'line', shape: string, paint: object): LayerSpecification =>
    ({ id: `basemap-${name}-${kind}`, type: kind, source: SOURCE, 'source-layer': name, filter: ['==', ['geometry-type'], shape], paint }) as LayerSpecification
  return [
    ...named.map((name) => of(name, 'fill', 'Polygon', { 'fill-color': colour(name), 'fill-opacity': 0.6 })),
    ...named.map((name) => of(name, 'line', 'LineString', { 'line-color': colour(name), 'line-width': 1 })),
  ]
}

const pictures = new Map<string, Promise<ImageBitmap | null>>()

/** Fetches a tile of a provider; neighbours of ours share theirs. */
function pictureAt(address: string): Promise<ImageBitmap | null> {
  const known = pictures.get(address)
  if (known) return known
  const { headers } = mapRequest(address)
  const asked = fetch(address, { credentials: headers ? 'same-origin' : 'omit', headers, referrerPolicy: 'no-referrer' })
    .then(async (answer) => (answer.ok ? createImageBitmap(await answer.blob()) : null))
    .catch(() => {
      // a tile that did not come is asked for again with the next one beside it
      pictures.delete(address)
      return null
    })
  pictures.set(address, asked)
  const oldest = pictures.keys().next().value
  if (pictures.size > KEPT && oldest !== undefined) pictures.delete(oldest)
  return asked
}

/** Puts a tile together from shifted pictures. */
export async function shiftedTile(template: string, z: number, x: number, y: number): Promise<ImageBitmap> {
  const squares = squaresOf(z, x, y)
  const address = (column: number, row: number): string => template.replace('{z}', String(z)).replace('{x}', String(column)).replace('{y}', String(row))
  const wanted = tilesOf(z, squares)
  const parts = await Promise.all(wanted.map(async ([column, row]) => ({ column, row, image: await pictureAt(address(column, row)) })))
  const size = parts.find(({ image }) => image)?.image?.width ?? 1
  const left = Math.min(...wanted.map(([column]) => column))
  const top = Math.min(...wanted.map(([, row]) => row))
  const across = Math.max(...wanted.map(([column]) => column)) - left + 1
  const down = Math.max(...wanted.map(([, row]) => row)) - top + 1
  // all of the provider's tiles side by side first: a square that lies over four of them has no seams then
  const side = new OffscreenCanvas(across * size, down * size)
  const pen = side.getContext('2d')
  for (const { column, row, image } of parts) if (image) pen?.drawImage(image, (column - left) * size, (row - top) * size, size, size)
  const made = new OffscreenCanvas(size, size)
  const ink = made.getContext('2d')
  const edge = size / SQUARES
  for (const each of squares) {
    ink?.drawImage(side, (each.fromX - left) * size, (each.fromY - top) * size, edge, edge, each.left * size, each.top * size, edge, edge)
  }
  return made.transferToImageBitmap()
}

const PLACE = /^(.*)#(\d+)\/(\d+)\/(\d+)$/

addProtocol(SHIFTED, async (asked: RequestParameters) => {
  const [, template = '', z, x, y] = PLACE.exec(asked.url.slice(`${SHIFTED}://`.length)) ?? []
  return { data: await shiftedTile(decodeURIComponent(template), Number(z), Number(x), Number(y)) }
})
