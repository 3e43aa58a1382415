/** What a tool's state means: figures of the grids that it changes, and what is drawn of it. Pure. */
import { halves, mergedFigures, movedFigures, reassignFigures, ringFigures, type Doors, type Known, type Moved, type Outcome, type Side } from './figures'
import { arcOf, gridsUnder, splitGrid, type BorderState, type LineState, type ModeState, type Scene } from './modes'
import type { XY } from './plane'
import { arcsAbout, ringsOf, type Arc } from './topology'

export interface Preview extends Outcome {
  /** Which of the sides is a grid that is not there yet. */
  fresh: boolean
}
const nothing: Preview = { sides: [], moved: 0, faults: [], fresh: false }

/** The arcs that a border tool moves: its own, and at a node all that end there. */
export function movesOf(state: BorderState, scene: Scene): Moved[] {
  const arc = arcOf(state, scene.topology)
  if (!arc) return []
  const moves: (Moved & { arc: Arc })[] = [{ arc, left: arc.left, right: arc.right, was: arc.xy, now: state.line }]
  if (arc.closed) return moves
  const ends: [XY, XY][] = [
    [arc.xy[0] as XY, state.line[0] as XY],
    [arc.xy.at(-1) as XY, state.line.at(-1) as XY],
  ]
  for (const [was, now] of ends) {
    if (was === now) continue
    for (const other of scene.topology.arcs) {
      if (other === arc) continue
      const [atHead, atTail] = [other.xy[0] === was, other.xy.at(-1) === was]
      if (!atHead && !atTail) continue
      const line = [...other.xy]
      if (atHead) line[0] = now
      if (atTail) line[line.length - 1] = now
      moves.push({ arc: other, left: other.left, right: other.right, was: other.xy, now: line })
    }
  }
  return moves
}

function aboutOf(scene: Scene, moves: readonly Moved[]): Arc[] {
  const grids = new Set(moves.flatMap(({ left, right }) => [left, right]))
  return scene.topology.arcs.filter(({ left, right }) => grids.has(left) || grids.has(right))
}

function previewLine(state: LineState, scene: Scene, known: ReadonlyMap<string, Known>, doors: Doors | null): Preview {
  const line = state.hover ? [...state.points, state.hover] : state.points
  if (state.tool === 'draw') {
    if (line.length < 3) return nothing
    const under = gridsUnder(scene.topology, line).map((id) => known.get(id))
    const first = under.find((one) => one !== undefined)
    if (!first) return nothing
    const made = ringFigures([...line, line[0] as XY], first, doors)
    return { ...nothing, sides: [made], moved: made.households, fresh: true }
  }
  const id = splitGrid(state, scene)
  const grid = id ? known.get(id) : undefined
  const outlines = id ? ringsOf(arcsAbout(scene.topology, id), id) : []
  const cut = grid && outlines.length === 1 ? halves(outlines[0] as XY[], line) : null
  if (!grid || !cut) return nothing
  // one grid more in the area: its mean falls
  const base = { ...grid, mean: (grid.mean * grid.inArea) / (grid.inArea + 1) }
  const one = ringFigures(cut[0], base, doors)
  const share = one.area_m2 / (one.area_m2 + ringFigures(cut[1], base, null).area_m2)
  const sides = [one, { ...ringFigures(cut[1], base, doors), households: grid.households - one.households }]
  const [first, second] = sides.map((each, k): Side => ({ ...each, area_m2: grid.area_m2 * (k === 0 ? share : 1 - share), deviation: base.mean ? each.households / base.mean - 1 : 0 }))
  return { ...nothing, sides: [first as Side, second as Side], fresh: true }
}

/** Figures of the grids that a tool is about to change. */
export function previewOf(state: ModeState, scene: Scene, known: ReadonlyMap<string, Known>, doors: Doors | null): Preview {
  switch (state.tool) {
    case 'border': {
      const moves = movesOf(state, scene)
      return moves.length ? { ...movedFigures(moves, aboutOf(scene, moves), known, doors), fresh: false } : nothing
    }
    case 'split':
    case 'draw':
      return previewLine(state, scene, known, doors)
    case 'merge': {
      const merged = state.grids.length > 1 ? mergedFigures(scene.topology, state.grids, known) : null
      return merged ? { ...nothing, sides: [merged] } : nothing
    }
    case 'brush':
    case 'lasso':
    case 'rectangle':
      return state.to && state.picked.length ? { ...reassignFigures(scene.topology, new Set(state.picked), state.to, known), fresh: false } : nothing
    default:
      return nothing
  }
}
