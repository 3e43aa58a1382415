/** How the grids and villages of a printed map are named: paper has no way to come nearer. Pure. */
import type { Feature, FeatureCollection, Point } from 'geojson'
import type { LayerSpecification, StyleSpecification, SymbolLayerSpecification } from 'maplibre-gl'
import type { Grid } from '../../../api/types'
import { gridNumber } from '../../../i18n/format'
import type { MapTheme } from '../../../map/permalink'
import { placeFor } from './paper'
import type { Village } from './villages'

export const NUMBERS = 'paper-numbers'
export const VILLAGES = 'paper-villages'
/** The layers that number grids, for whoever counts which found room. */
export const NUMBER_LAYERS = ['paper-number', 'paper-number-small']
/** From here on tiles carry the labels of grids. */
const TILED_ZOOM = 13
const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }

const at = (point: [number, number], properties: Record<string, unknown>): Feature<Point> => ({ type: 'Feature', geometry: { type: 'Point', coordinates: point }, properties })

function figureOf(grid: Grid, theme: MapTheme): string {
  if (theme === 'coverage') return ''
  return theme === 'plain' ? grid.name : String(grid.households)
}

/** A label for each grid: its number, with a figure where the scale leaves ground for both. */
export function labelFeatures(grids: readonly Grid[], scale: number, theme: MapTheme): FeatureCollection<Point> {
  const features = grids.map((grid) => {
    const small = !placeFor(grid, scale)
    return at(grid.centre, { code: grid.code, number: gridNumber(grid.code), figure: small ? '' : figureOf(grid, theme), small, size: Math.round(grid.area_m2) })
  })
  return { type: 'FeatureCollection', features }
}

/** The names of villages, each where its largest grid leaves most ground free. */
export function villageLabels(villages: readonly Village[]): FeatureCollection<Point> {
  const features = villages.map((village) => {
    const largest = village.grids.reduce((most, grid) => (grid.area_m2 > most.area_m2 ? grid : most))
    return at(largest.centre, { name: village.name })
  })
  return { type: 'FeatureCollection', features }
}

/** A filter that holds for the grids of these codes, or for all others. */
export const within = (codes: readonly string[], inside: boolean): ['in', ...unknown[]] | ['!', unknown] => {
  const among: ['in', ...unknown[]] = ['in', ['get', 'code'], ['literal', [...codes]]]
  return inside ? among : ['!', among]
}

/** A style whose grids carry their number at every scale; the small ones come first, and step aside a little for each other. */
export function numbered(style: StyleSpecification, theme: MapTheme): StyleSpecification {
  const isLabel = (layer: LayerSpecification): layer is SymbolLayerSpecification => layer.type === 'symbol' && layer.id.startsWith('grid-label')
  const model = style.layers.find(isLabel)
  // what cameras see of a grid only its tile knows
  const tiled = theme === 'coverage'
  const kept = tiled ? style.layers.map((layer) => (isLabel(layer) ? figured(layer) : layer)) : style.layers.filter((layer) => !isLabel(layer))
  const until = tiled ? { maxzoom: TILED_ZOOM } : {}
  const font = { 'text-font': model?.layout?.['text-font'] ?? ['Inter SemiBold'] }
  const paint = model?.paint ?? {}
  const number = ['to-string', ['get', 'number']]
  const quiet = { 'font-scale': 0.846 }
  const added = [
    { id: 'paper-outside', type: 'fill', source: 'grids', 'source-layer': 'grids', filter: ['literal', false], paint: { 'fill-color': '#fff', 'fill-opacity': 0.62 } },
    {
      id: 'paper-number', type: 'symbol', source: NUMBERS, filter: ['!', ['get', 'small']], ...until, paint,
      layout: { ...font, 'text-field': ['format', number, {}, ['case', ['==', ['get', 'figure'], ''], '', ['concat', '\n', ['get', 'figure']]], quiet], 'text-size': 13, 'text-line-height': 1.2, 'text-padding': 1, 'text-variable-anchor': ASIDE, 'text-radial-offset': 0.6 },
    },
    {
      id: 'paper-number-small', type: 'symbol', source: NUMBERS, filter: ['get', 'small'], ...until, paint,
      layout: { ...font, 'text-field': number, 'text-size': 10, 'text-padding': 0, 'symbol-sort-key': ['get', 'size'], 'text-variable-anchor': ASIDE, 'text-radial-offset': 0.5 },
    },
    {
      id: 'paper-village', type: 'symbol', source: VILLAGES, paint,
      // above or beside the middle of its grid, which is for the number
      layout: { ...font, 'text-field': ['get', 'name'], 'text-size': 13, 'text-padding': 1, 'text-variable-anchor': ['bottom', 'top', 'left', 'right'], 'text-radial-offset': 1.4 },
    },
  ] as unknown as LayerSpecification[]
  const sources = { [NUMBERS]: { type: 'geojson' as const, data: EMPTY }, [VILLAGES]: { type: 'geojson' as const, data: EMPTY } }
  return { ...style, sources: { ...style.sources, ...sources }, layers: [...kept, ...added] }
}

const ASIDE = ['center', 'top', 'bottom', 'left', 'right']

/** A label of the screen that carries its figure at every zoom. */
function figured(layer: SymbolLayerSpecification): SymbolLayerSpecification {
  const text: unknown = layer.layout?.['text-field']
  // ['step', ['zoom'], number, 14.5, ['format', number, {}, '\n', {}, figure, {}]]
  const near: unknown = Array.isArray(text) && text[0] === 'step' ? text[text.length - 1] : text
  return { ...layer, layout: { ...layer.layout, 'text-field': near } } as SymbolLayerSpecification
}
