/** What a tool's state looks like on the map. Pure: state in, features with a `role` out. */
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import { drawnOf } from './commands'
import { changedStretch } from './figures'
import { arcOf, splitGrid, type ModeState, type Scene } from './modes'
import type { LonLat, XY } from './plane'
import { movesOf, type Preview } from './preview'
import type { EditAnswer, EditedGrid, Kept, Refusal } from './state'
import { arcsAbout, borders, neighbours } from './topology'

interface Sight {
  mode: ModeState
  scene: Scene | null
  preview: Preview | null
  snap: LonLat | null
  refusal: Refusal | null
  fresh: EditedGrid[]
  proposal: EditAnswer | null
  kept: Kept[]
}

const feature = (role: string, geometry: Geometry): Feature => ({ type: 'Feature', properties: { role }, geometry })
const line = (role: string, coordinates: LonLat[]): Feature => feature(role, { type: 'LineString', coordinates })
const point = (role: string, coordinates: LonLat): Feature => feature(role, { type: 'Point', coordinates })

function borderFeatures(mode: Extract<ModeState, { tool: 'border' }>, scene: Scene, preview: Preview | null): Feature[] {
  const { from } = scene.topology.plane
  const arc = arcOf(mode, scene.topology)
  const hover = borders(scene.topology).find(({ key }) => key === mode.hover)
  const drawn: Feature[] = hover && hover !== arc ? [line('hover', hover.at)] : []
  if (!arc) return drawn
  const moves = movesOf(mode, scene)
  const role = preview?.faults.length ? 'bad' : 'work'
  for (const move of moves) {
    const { was, now } = changedStretch(move.was, move.now)
    if (was.length < 2) continue
    if (was.some((at, k) => at !== now[k])) {
      drawn.push(feature('moved', { type: 'Polygon', coordinates: [[...was, ...[...now].reverse(), was[0] as XY].map(from)] }), line('old', was.map(from)))
    }
    if (move.was !== arc.xy) drawn.push(line(role, now.map(from)))
  }
  drawn.push(line(role, mode.line.map(from)))
  const corners = mode.line[0] === mode.line.at(-1) ? mode.line.slice(1) : mode.line
  drawn.push(...corners.map((at) => point('vertex', from(at))))
  if (mode.vertex !== null && mode.line[mode.vertex]) drawn.push(point('handle', from(mode.line[mode.vertex] as XY)))
  for (const at of preview?.faults ?? []) drawn.push(point('refused', from(at)))
  return drawn
}

const outlineOf = (scene: Scene, grid: string, role: string): Feature[] => arcsAbout(scene.topology, grid).map((arc) => line(role, arc.at))

function atomsFeature(scene: Scene, ids: readonly number[], role: string): Feature[] {
  const { from } = scene.topology.plane
  return ids.flatMap((id) => {
    const place = scene.topology.places.get(id)
    return place ? [feature(role, { type: 'Polygon', coordinates: place.rings.map((ring) => ring.map(from)) })] : []
  })
}

function toolFeatures(mode: ModeState, scene: Scene, preview: Preview | null): Feature[] {
  const { from } = scene.topology.plane
  switch (mode.tool) {
    case 'border':
      return borderFeatures(mode, scene, preview)
    case 'split':
    case 'measure':
    case 'draw': {
      const points = (mode.hover ? [...mode.points, mode.hover] : mode.points).map(from)
      const grid = mode.tool === 'split' ? splitGrid(mode, scene) : null
      const drawn = grid ? outlineOf(scene, grid, 'hover') : []
      if (points.length > 1) drawn.push(line('work', mode.tool === 'draw' ? [...points, points[0] as LonLat] : points))
      return [...drawn, ...mode.points.map((at) => point('vertex', from(at)))]
    }
    case 'merge':
    case 'improve': {
      const first = mode.grids[0]
      const touching = first && mode.tool === 'merge' ? new Set(mode.grids.flatMap((id) => neighbours(scene.topology, id))) : null
      const far = touching ? [...scene.topology.atomsOf].filter(([id]) => !touching.has(id) && !mode.grids.includes(id)).flatMap(([, atoms]) => atoms) : []
      return [...atomsFeature(scene, far, 'dim'), ...mode.grids.flatMap((id) => outlineOf(scene, id, 'picked'))]
    }
    case 'brush':
    case 'lasso':
    case 'rectangle': {
      const drawn = atomsFeature(scene, mode.picked, 'moved')
      if (mode.to) drawn.push(...outlineOf(scene, mode.to, 'picked'))
      const [a, b] = [mode.trail[0], mode.trail.at(-1)]
      if (mode.tool === 'rectangle' && a && b) drawn.push(line('trail', ([a, [b[0], a[1]], b, [a[0], b[1]], a] as XY[]).map(from)))
      if (mode.tool === 'lasso' && mode.trail.length > 1) drawn.push(line('trail', [...mode.trail, a as XY].map(from)))
      return drawn
    }
    default:
      return []
  }
}

const shapeLines = (grids: readonly EditedGrid[], role: string): Feature[] =>
  grids.flatMap((grid) => (grid.geometry.coordinates as unknown as LonLat[][][]).flatMap((rings) => rings.map((ring) => line(role, ring))))

/** What a stroke went over, round which it was refused: nothing of it was taken, so nothing else shows it. */
function refusedAtoms({ command }: Refusal, { topology }: Scene): Feature[] {
  if (command.kind !== 'reassign') return []
  const rings = command.atoms.flatMap((id) => topology.places.get(id)?.rings ?? [])
  return rings.map((ring) => line('bad', ring.map(topology.plane.from)))
}

/** All that the tools draw. */
export function drawing({ mode, scene, preview, snap, refusal, fresh, proposal, kept }: Sight): FeatureCollection {
  const features = shapeLines(fresh, 'fresh')
  for (const one of kept) {
    const drawn = drawnOf(one.command)
    if (drawn.length > 1) features.push(line('kept', drawn))
  }
  if (proposal) features.push(...shapeLines(proposal.grids, 'proposed'))
  if (scene) features.push(...toolFeatures(mode, scene, preview))
  if (snap) features.push(point('snap', snap))
  if (refusal) {
    const drawn = drawnOf(refusal.command)
    if (drawn.length > 1) features.push(line('bad', drawn))
    if (scene) features.push(...refusedAtoms(refusal, scene))
    if (refusal.place) features.push(point('refused', refusal.place))
  }
  return { type: 'FeatureCollection', features }
}

