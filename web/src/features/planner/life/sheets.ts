/** Which sheets a plan is printed on, and the drawing of their maps one after another. */
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl'
import type { Box, Grid, PlanGrids } from '../../../api/types'
import { camera, styleOf, type Camera } from '../../../map/second'
import { mapTheme } from '../../../map/store'
import { frameOf, gridScale, keyFrame, keyPages, keyRoom, metresOf, pixels, roundScale, zoomOf, type Frame, type Paper, type Way } from './paper'
import { labelFeatures, numbered, NUMBERS, NUMBER_LAYERS, villageLabels, VILLAGES, within } from './paperLabels'
import { boxAround, villagesOf, type Village } from './villages'

/** More sheets than this are drawn by the command line, which keeps none of them in memory. */
export const MOST_SHEETS = 200

/** The overview, alone or with a sheet for each village or grid after it; or one village or the selected grid alone. */
export type Wanted = 'overview' | 'villages' | 'village' | 'grids' | 'grid'

/** One map to draw; what its key holds beyond the room beside it goes on on sheets of its own. */
export interface Part {
  id: string
  /** The number of its first sheet. */
  at: number
  /** The lines of the key: villages on the overview, grids on the sheet of a village; none without a key. */
  key: (Village | Grid)[][] | null
  village?: Village
  grid?: Grid
}

export interface Shot {
  image: string
  scale: number
  /** How many of its grids have no room for their number. */
  unnumbered: number
}

interface Asked {
  wanted: Wanted
  paper: Paper
  way: Way
  /** Codes of the village and of the grid that are asked for alone. */
  village: string | null
  grid: string | null
}

const sheetsOf = (part: Part): number => Math.max(1, part.key?.length ?? 1)

/** How many sheets so many parts take. */
export function sheetCount(parts: readonly Part[]): number {
  return parts.reduce((all, part) => all + sheetsOf(part), 0)
}

/** What is printed, in its order; the overview of several villages has a key of them. */
export function partsOf(data: PlanGrids, { wanted, paper, way, village, grid }: Asked): Part[] {
  const frame = frameOf(paper, way)
  const room = keyRoom(frame, way)
  const villages = villagesOf(data.grids)
  const found: Omit<Part, 'at'>[] = []
  if (wanted !== 'grid' && wanted !== 'village') found.push({ id: 'overview', key: villages.length > 1 ? keyPages(villages, room) : null })
  if (wanted === 'villages' || wanted === 'village') {
    const chosen = wanted === 'village' ? villages.filter((one) => one.code === village) : villages.slice(0, MOST_SHEETS)
    for (const one of chosen) found.push({ id: `village ${one.code}`, village: one, key: keyPages(one.grids, room) })
  }
  if (wanted === 'grids' || wanted === 'grid') {
    const all = villages.flatMap((one) => one.grids)
    const chosen = wanted === 'grid' ? all.filter((one) => one.code === grid) : all.slice(0, MOST_SHEETS)
    for (const one of chosen) found.push({ id: `grid ${one.code}`, grid: one, key: null })
  }
  let at = 1
  return found.map((part) => {
    const placed = { ...part, at }
    at += sheetsOf(placed)
    return placed
  })
}

/** The room for the map of a part. */
export function frameFor(part: Part, paper: Paper, way: Way): Frame {
  const frame = frameOf(paper, way)
  return part.key ? keyFrame(frame, way) : frame
}

interface Look {
  center: [number, number]
  scale: number
}

/** Where the map of a part looks, and its scale. */
function lookOf(part: Part, data: PlanGrids, frame: Frame): Look {
  const box: Box = part.grid?.bbox ?? part.village?.bbox ?? boxAround(data.grids.map((grid) => grid.bbox))
  const [across, down] = metresOf(box)
  const scale = part.grid || part.village ? gridScale(across, down, frame) : Math.max(roundScale(across, frame.width), roundScale(down, frame.height))
  return { scale, center: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] }
}

/** Puts the numbers and names of a sheet on its map; on the sheet of a village the ground of others is veiled. */
function dress(map: MapLibre, part: Part, data: PlanGrids, scale: number): void {
  const villages = villagesOf(data.grids)
  const grids = part.village?.grids ?? data.grids
  const codes = grids.map((grid) => grid.code)
  const named = part.grid || villages.length < 2 ? [] : villages.filter((one) => one.code !== part.village?.code)
  map.getSource<GeoJSONSource>(NUMBERS)?.setData(labelFeatures(grids, scale, mapTheme.peek()))
  map.getSource<GeoJSONSource>(VILLAGES)?.setData(villageLabels(named))
  map.setFilter('paper-outside', part.village ? (within(codes, false) as never) : ['literal', false])
  if (map.getLayer('grid-label-coverage')) map.setFilter('grid-label-coverage', part.village ? (within(codes, true) as never) : null)
}

/** How many grids the map shows no number of. */
function unnumberedOn(map: MapLibre, grids: readonly Grid[]): number {
  const layers = [...NUMBER_LAYERS, 'grid-label-coverage'].filter((id) => map.getLayer(id))
  const seen = new Set(map.queryRenderedFeatures({ layers }).map((each) => String(each.properties.code)))
  return grids.filter((grid) => !seen.has(grid.code)).length
}

interface Job {
  paper: Paper
  way: Way
  gone: () => boolean
  tell: (id: string, shot: Shot) => void
}

async function take(eye: Camera, part: Part, data: PlanGrids, frame: Frame): Promise<Shot> {
  const { center, scale } = lookOf(part, data, frame)
  const grids = part.grid ? [] : (part.village?.grids ?? data.grids)
  let unnumbered = 0
  const image = await eye.take(
    { center, zoom: zoomOf(scale, center[1]) },
    {
      marked: part.grid?.fid ?? null,
      kind: part.id === 'overview' ? 'image/png' : 'image/jpeg',
      before: (map) => dress(map, part, data, scale),
      after: (map) => void (unnumbered = unnumberedOn(map, grids)),
    },
  )
  return { image, scale, unnumbered }
}

/** Draws the maps of the parts one after another, at round scales; always light, for ink on paper. */
export async function draw(data: PlanGrids, parts: readonly Part[], { paper, way, gone, tell }: Job): Promise<void> {
  const style = await styleOf({ plan: data.plan.id, theme: 'light', mapTheme: mapTheme.peek(), tolerance: data.tolerance })
  const eyes = new Map<boolean, Camera>()
  try {
    for (const part of parts) {
      if (gone()) return
      const frame = frameFor(part, paper, way)
      const eye = eyes.get(part.key !== null) ?? camera(numbered(style, mapTheme.peek()), [pixels(frame.width), pixels(frame.height)])
      eyes.set(part.key !== null, eye)
      const shot = await take(eye, part, data, frame)
      if (!gone()) tell(part.id, shot)
    }
  } finally {
    for (const eye of eyes.values()) eye.close()
  }
}
