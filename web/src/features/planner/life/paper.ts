/** Sheets of paper, the scales of a printed map, and what has room on it. Pure. */
import type { Box } from '../../../api/types'
import { metresBetween } from '../../../map/geometry'

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

/** Width and height of a box in metres, across its middle. */
export function metresOf([west, south, east, north]: Box): [number, number] {
  const lat = (south + north) / 2
  return [metresBetween([west, lat], [east, lat]), metresBetween([west, south], [west, north])]
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

/** What a key takes of the map: of its width, upright of its height. */
const KEY_MM: Record<Way, number> = { landscape: 70, portrait: 60 }
const KEY_LINE_MM = 4.2
const KEY_HEAD_MM = 6
const KEY_COLUMN_MM = 70

/** What is left for the map beside a key. */
export function keyFrame(frame: Frame, way: Way): Frame {
  return way === 'landscape' ? { ...frame, width: frame.width - KEY_MM.landscape } : { ...frame, height: frame.height - KEY_MM.portrait }
}

/** How many lines of a key have room beside the map, and on a sheet of their own. */
export interface KeyRoom {
  beside: number
  page: number
}

const linesOf = (width: number, height: number): number => Math.max(1, Math.floor(width / KEY_COLUMN_MM)) * Math.floor((height - KEY_HEAD_MM) / KEY_LINE_MM)

export function keyRoom(frame: Frame, way: Way): KeyRoom {
  const beside = way === 'landscape' ? linesOf(KEY_MM.landscape, frame.height) : linesOf(frame.width, KEY_MM.portrait)
  return { beside, page: linesOf(frame.width, frame.height) }
}

/** The lines of a key on the sheet of its map and on those that follow. */
export function keyPages<T>(lines: readonly T[], room: KeyRoom): T[][] {
  const pages = [lines.slice(0, room.beside)]
  for (let at = room.beside; at < lines.length; at += room.page) pages.push(lines.slice(at, at + room.page))
  return pages
}

/** The least ground, on paper, that takes a number with a figure under it. */
const LABEL_MM = 11

/** Whether a grid has room for its figure under its number at a scale; small and narrow ones have room for a number at most. */
export function placeFor(grid: { bbox: Box; area_m2: number }, scale: number): boolean {
  const least = Math.min(...metresOf(grid.bbox), Math.sqrt(grid.area_m2))
  return (least * 1000) / scale >= LABEL_MM
}
