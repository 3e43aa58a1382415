/** Sheets of paper and scales of a printed map, and how its grids are named. Pure. */
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'

export type Paper = 'a4' | 'a3'
export type Way = 'landscape' | 'portrait'

const MM: Record<Paper, [number, number]> = { a4: [297, 210], a3: [420, 297] }
const MARGIN_MM = 12
/** What title and foot take of the height. */
const HEAD_MM = 14
const FOOT_MM = 34
const MM_PER_PX = 25.4 / 96
const SCALES = [100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 750, 850, 1000]

export interface Frame {
  /** Width and height of the map in millimetres. */
  width: number
  height: number
}

/** The room for the map on a sheet. */
export function frameOf(paper: Paper, way: Way): Frame {
  const [long, short] = MM[paper]
  const [width, height] = way === 'landscape' ? [long, short] : [short, long]
  return { width: width - 2 * MARGIN_MM, height: height - 2 * MARGIN_MM - HEAD_MM - FOOT_MM }
}

export const pixels = (mm: number): number => Math.round(mm / MM_PER_PX)

/** The smallest round scale (1 : n) at which so many metres fit into so many millimetres. */
export function roundScale(metres: number, mm: number): number {
  const least = (metres * 1000) / mm
  for (let ten = 1; ; ten *= 10) {
    const fit = SCALES.find((scale) => scale * ten >= least)
    if (fit) return fit * ten
  }
}

/** What is drawn around the box of a grid on its own sheet, as a share of the box. */
const AROUND = 0.12
/** Nearer than this, streets and labels fill the sheet. */
const NEAREST_SCALE = 750

/** The round scale at which a box of so many metres fits a frame, with some ground around it. */
export function gridScale(across: number, down: number, frame: Frame): number {
  const room = 1 + 2 * AROUND
  return Math.max(NEAREST_SCALE, roundScale(across * room, frame.width), roundScale(down * room, frame.height))
}

/** The zoom at which a map of 512-pixel tiles has a scale, on paper of 96 pixels an inch. */
export function zoomOf(scale: number, lat: number): number {
  const metresPerPixel = (scale * MM_PER_PX) / 1000
  const earth = 2 * Math.PI * 6_371_008.8 * Math.cos((lat * Math.PI) / 180)
  return Math.log2(earth / (512 * metresPerPixel))
}

/** A round length for the scale bar, not longer than so many millimetres, and its length on paper. */
export function barOf(scale: number, mostMm: number): { metres: number; mm: number } {
  const most = (mostMm * scale) / 1000
  const ten = 10 ** Math.floor(Math.log10(most))
  const metres = [5, 2, 1].map((n) => n * ten).find((n) => n <= most) ?? ten
  return { metres, mm: (metres * 1000) / scale }
}

/** A style whose grids carry their figure at every zoom: paper has no way to come nearer. */
export function labelled(style: StyleSpecification): StyleSpecification {
  const of = (layer: LayerSpecification): LayerSpecification => {
    const text: unknown = layer.type === 'symbol' ? layer.layout?.['text-field'] : undefined
    // ['step', ['zoom'], number, 14.5, ['format', number, {}, '\n', {}, figure, {}]]
    const near: unknown = Array.isArray(text) && text[0] === 'step' ? text[text.length - 1] : undefined
    if (!layer.id.startsWith('grid-label') || !Array.isArray(near)) return layer
    const words = layer.id === 'grid-label-deviation' ? near.map((part: unknown, k) => (k === 5 ? ['to-string', ['get', 'households']] : part)) : near
    return { ...layer, layout: { ...layer.layout, 'text-field': words } } as LayerSpecification
  }
  return { ...style, layers: style.layers.map(of) }
}
