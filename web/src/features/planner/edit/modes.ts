/** Tools as state machines. Pure: an event of the hand, the keys or the lists in; a state, and at times a command, out. */
import type { Command } from './commands'
import { apart, boxOf, lengthOf, nearestOn, odd, sweep, type LonLat, type XY } from './plane'
import { stepPick } from './picking'
import { atomAt, borders, neighbours, type Arc, type Topology } from './topology'

export { atomsBeside } from './picking'

export const TOOLS = ['select', 'border', 'split', 'merge', 'brush', 'lasso', 'rectangle', 'draw', 'improve', 'measure'] as const
export type Tool = (typeof TOOLS)[number]

/** Where the hand is, in metres; `reach` is what it catches. */
export interface Hand {
  at: XY
  reach: number
  /** Set where the hand was drawn to a vertex that is there: it goes to the server to the last decimal. */
  exact?: LonLat
}
export type EditEvent =
  | { kind: 'down' | 'move' | 'up' | 'tap'; hand: Hand }
  | { kind: 'key'; key: string; shift: boolean }
  | { kind: 'grid'; id: string }
  | { kind: 'arc'; key: string }
  | { kind: 'vertex'; index: number }
  | { kind: 'place'; at: XY }
  | { kind: 'atom'; id: number }
  | { kind: 'insert' | 'remove' | 'finish' | 'back' | 'clear' }

export interface BorderState {
  tool: 'border'
  arc: string | null
  line: XY[]
  vertex: number | null
  /** By keys: arrows move the vertex. */
  grabbed: boolean
  dragging: boolean
  hover: string | null
}
export interface LineState {
  tool: 'split' | 'draw' | 'measure'
  points: XY[]
  hover: XY | null
}
export interface MergeState {
  tool: 'merge' | 'improve'
  grids: string[]
}
export interface PickState {
  tool: 'brush' | 'lasso' | 'rectangle'
  to: string | null
  picked: number[]
  trail: XY[]
  down: boolean
}
export type ModeState = { tool: 'select' } | BorderState | LineState | MergeState | PickState

export interface Scene {
  topology: Topology
  /** The grid selected in the table. */
  grid: string | null
  locked: ReadonlySet<string>
  tolerance: number
}
export interface Step {
  state: ModeState
  command?: Command
  /** The tool that was to do its work and has too little to do it with. */
  lacks?: 'split' | 'draw' | 'merge' | 'improve'
}

/** How far arrows move a vertex, in metres. */
export const STEP_M = 1
export const BIG_STEP_M = 10

export function startMode(tool: Tool, scene: Scene): ModeState {
  switch (tool) {
    case 'border':
      return { tool, arc: null, line: [], vertex: null, grabbed: false, dragging: false, hover: null }
    case 'split':
    case 'draw':
    case 'measure':
      return { tool, points: [], hover: null }
    case 'merge':
      return { tool, grids: scene.grid ? [scene.grid] : [] }
    case 'improve':
      return { tool, grids: scene.grid ? [scene.grid, ...neighbours(scene.topology, scene.grid)].filter((id) => !scene.locked.has(id)) : [] }
    case 'brush':
    case 'lasso':
    case 'rectangle':
      return { tool, to: scene.grid, picked: [], trail: [], down: false }
    default:
      return { tool: 'select' }
  }
}

/** Does what an event says. */
export function step(state: ModeState, event: EditEvent, scene: Scene): Step {
  switch (state.tool) {
    case 'border':
      return stepBorder(state, event, scene)
    case 'split':
    case 'draw':
    case 'measure':
      return stepLine(state, event, scene)
    case 'merge':
    case 'improve':
      return stepGrids(state, event, scene)
    case 'brush':
    case 'lasso':
    case 'rectangle':
      return stepPick(state, event, scene)
    default:
      return { state }
  }
}

// ---- borders

export const arcOf = (state: BorderState, topology: Topology): Arc | null => topology.arcs.find((arc) => arc.key === state.arc) ?? null
const nearestArc = (topology: Topology, { at, reach }: Hand): Arc | null => {
  let best: { arc: Arc; away: number } | null = null
  for (const arc of borders(topology)) {
    for (let k = 1; k < arc.xy.length; k += 1) {
      const { away } = nearestOn(arc.xy[k - 1] as XY, arc.xy[k] as XY, at)
      if (away <= reach && (!best || away < best.away)) best = { arc, away }
    }
  }
  return best?.arc ?? null
}

function takeArc(state: BorderState, arc: Arc): BorderState {
  return { ...state, arc: arc.key, line: arc.xy, vertex: null, grabbed: false, dragging: false, hover: null }
}

/** Puts a vertex of the working line elsewhere; both ends of a closed one are one vertex. */
function put(line: readonly XY[], index: number, at: XY, ring: boolean): XY[] {
  const next = [...line]
  next[index] = at
  if (ring && (index === 0 || index === line.length - 1)) next[0] = next[line.length - 1] = at
  return next
}

function grab(state: BorderState, arc: Arc, { at, reach }: Hand): BorderState {
  const near = arc.xy.map((vertex, k) => ({ k, away: apart(vertex, at) })).sort((a, b) => a.away - b.away)[0]
  if (near && near.away <= reach) return { ...state, arc: arc.key, line: arc.xy, vertex: near.k, dragging: true }
  const line = [...arc.xy]
  const spot = line
    .slice(1)
    .map((b, k) => ({ k: k + 1, ...nearestOn(line[k] as XY, b, at) }))
    .sort((a, b) => a.away - b.away)[0]
  if (!spot) return state
  line.splice(spot.k, 0, spot.at)
  return { ...state, arc: arc.key, line, vertex: spot.k, dragging: true }
}

/** The command that makes the arc what the working line is; null when it is that already. */
export function borderCommand(state: BorderState, topology: Topology): Command | null {
  const arc = arcOf(state, topology)
  if (!arc || arc.left === null || arc.right === null) return null
  const { line } = state
  const changed = line.filter((at, k) => at !== arc.xy[k])
  if (line.length === arc.xy.length && changed.length === 0) return null
  const lone = line.length === arc.xy.length ? line.findIndex((at, k) => at !== arc.xy[k]) : -1
  const alone = lone >= 0 && line.every((at, k) => k === lone || at === arc.xy[k] || (arc.closed && at === line[lone]))
  if (alone) {
    const from = arc.at[lone] as LonLat
    const grids = topology.nodes.get(from.join(','))?.grids ?? [arc.left, arc.right]
    return { kind: 'vertex', grids, from, to: topology.plane.from(line[lone] as XY) }
  }
  const exact = (at: XY): LonLat => {
    const k = arc.xy.indexOf(at)
    return k >= 0 ? (arc.at[k] as LonLat) : topology.plane.from(at)
  }
  let head = 0
  while (line[head + 1] && line[head + 1] === arc.xy[head + 1]) head += 1
  let tail = 0
  while (line.at(-2 - tail) && line.at(-2 - tail) === arc.xy.at(-2 - tail)) tail += 1
  // a stretch ends on the border inside its ends; at a node the whole border goes
  const inside = line[0] === arc.xy[0] && line.at(-1) === arc.xy.at(-1) && ((head > 0 && tail > 0) || arc.closed)
  const stretch = inside ? line.slice(head, line.length - tail) : line
  return { kind: 'border', grids: [arc.left, arc.right], line: stretch.map(exact) }
}

function stepBorder(state: BorderState, event: EditEvent, scene: Scene): Step {
  const { topology } = scene
  const arc = arcOf(state, topology)
  const done = (next: BorderState): Step => {
    const command = borderCommand(next, topology)
    return command ? { state: { ...next, dragging: false, grabbed: false }, command } : { state: arc ? takeArc(next, arc) : next }
  }
  switch (event.kind) {
    case 'down': {
      const near = nearestArc(topology, event.hand)
      const mine = arc && near && near !== arc && nearestArc({ ...topology, arcs: [arc] }, event.hand) ? arc : near
      return { state: mine ? grab(state, mine, event.hand) : state }
    }
    case 'move':
      if (!state.dragging || state.vertex === null) return { state: { ...state, hover: nearestArc(topology, event.hand)?.key ?? null } }
      return { state: { ...state, line: put(state.line, state.vertex, event.hand.at, arc?.closed ?? false) } }
    case 'up':
      if (!state.dragging) return { state }
      return done({ ...state, dragging: false })
    case 'tap': {
      const near = nearestArc(topology, event.hand)
      return { state: near && near.key !== state.arc ? takeArc(state, near) : state }
    }
    case 'arc': {
      const chosen = topology.arcs.find(({ key }) => key === event.key)
      return { state: chosen ? takeArc(state, chosen) : state }
    }
    case 'vertex':
      return { state: { ...state, vertex: event.index } }
    case 'place':
      return state.vertex === null ? { state } : { state: { ...state, line: put(state.line, state.vertex, event.at, arc?.closed ?? false), grabbed: true } }
    case 'insert':
      return { state: halved(state) }
    case 'remove':
      return without(state, done)
    case 'finish':
      return done(state)
    case 'back':
    case 'clear':
      return { state: arc ? { ...takeArc(state, arc), vertex: state.vertex !== null && state.vertex < arc.xy.length ? state.vertex : null } : state }
    case 'key':
      return keyBorder(state, event, done)
    default:
      return { state }
  }
}

function halved(state: BorderState): BorderState {
  const k = state.vertex
  if (k === null || state.line.length < 2) return state
  const at = Math.min(k, state.line.length - 2)
  const [a, b] = [state.line[at] as XY, state.line[at + 1] as XY]
  const line = [...state.line]
  line.splice(at + 1, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])
  return { ...state, line, vertex: at + 1, grabbed: true }
}

function without(state: BorderState, done: (next: BorderState) => Step): Step {
  const k = state.vertex
  // an end is a node: other borders hang on it
  if (k === null || k === 0 || k === state.line.length - 1) return { state }
  return done({ ...state, line: state.line.filter((_, at) => at !== k), vertex: k - 1 })
}

const ARROWS: Record<string, XY> = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }

function keyBorder(state: BorderState, { key, shift }: { key: string; shift: boolean }, done: (next: BorderState) => Step): Step {
  const n = state.line.length
  if (n === 0) return { state }
  if (key === ',' || key === '.') {
    const next = state.vertex === null ? 0 : (state.vertex + (key === '.' ? 1 : n - 1)) % n
    return { state: { ...state, vertex: next } }
  }
  if (key === 'Enter') {
    if (state.vertex === null) return { state: { ...state, vertex: 0 } }
    return state.grabbed ? done(state) : { state: { ...state, grabbed: true } }
  }
  if (key === 'Delete' || key === 'Backspace') return without(state, done)
  const way = ARROWS[key]
  if (!way || !state.grabbed || state.vertex === null) return { state }
  const far = shift ? BIG_STEP_M : STEP_M
  const [x, y] = state.line[state.vertex] as XY
  const ring = state.line[0] === state.line[n - 1]
  return { state: { ...state, line: put(state.line, state.vertex, [x + way[0] * far, y + way[1] * far], ring) } }
}

// ---- lines and outlines

const LEAST = { split: 2, draw: 3 }

function stepLine(state: LineState, event: EditEvent, scene: Scene): Step {
  const finish = (): Step => {
    if (state.tool === 'measure') return { state }
    if (state.points.length < LEAST[state.tool]) return { state, lacks: state.tool }
    const line = state.points.map(scene.topology.plane.from)
    if (state.tool === 'draw') {
      return { state, command: { kind: 'draw', ring: [...line, line[0] as LonLat], from: gridsUnder(scene.topology, state.points) } }
    }
    const grid = splitGrid(state, scene)
    return grid ? { state, command: { kind: 'split', grid, line } } : { state, lacks: 'split' }
  }
  switch (event.kind) {
    case 'tap': {
      const last = state.points.at(-1)
      // a second tap on the last point ends the line: that is how a finger says Enter
      if (last && apart(last, event.hand.at) <= event.hand.reach * 0.75) return finish()
      return { state: { ...state, points: [...state.points, event.hand.at], hover: null } }
    }
    case 'place':
      return { state: { ...state, points: [...state.points, event.at] } }
    case 'move':
      return { state: { ...state, hover: event.hand.at } }
    case 'finish':
      return finish()
    case 'remove':
      return { state: { ...state, points: state.points.slice(0, -1) } }
    case 'back':
    case 'clear':
      return { state: { ...state, points: [], hover: null } }
    case 'key':
      if (event.key === 'Enter') return finish()
      if (event.key === 'Backspace' || event.key === 'Delete') return { state: { ...state, points: state.points.slice(0, -1) } }
      return { state }
    default:
      return { state }
  }
}

/** Length of what is measured, and the ground inside of three points and more. */
export function measured({ points, hover }: LineState): { metres: number; area_m2: number | null } {
  const line = hover ? [...points, hover] : points
  return { metres: lengthOf(line), area_m2: line.length > 2 ? Math.abs(sweep([...line, line[0] as XY])) : null }
}

/** The grid that a line is to cut: the selected one, else the one under the middle of the line. */
export function splitGrid(state: LineState, scene: Scene): string | null {
  if (scene.grid && scene.topology.atomsOf.has(scene.grid)) return scene.grid
  const line = state.hover ? [...state.points, state.hover] : state.points
  const [a, b] = [line[0], line.at(-1)]
  if (!a || !b) return null
  return atomAt(scene.topology, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])?.atom.grid ?? null
}

/** Grids with ground inside an outline. */
export function gridsUnder(topology: Topology, ring: readonly XY[]): string[] {
  return [...new Set(atomsUnder(topology, ring).map((id) => topology.places.get(id)?.atom.grid))].filter((id) => id !== undefined)
}

/** Atoms that a shape holds a corner of, or the middle; or that hold a corner of the shape. */
export function atomsUnder(topology: Topology, ring: readonly XY[]): number[] {
  const outline = [...ring, ring[0] as XY]
  const [west, south, east, north] = boxOf(ring)
  const under = (at: XY): boolean => odd(outline, at[0], at[1])
  const found: number[] = []
  for (const [id, { box, rings }] of topology.places) {
    if (box[0] > east || box[2] < west || box[1] > north || box[3] < south) continue
    const own = rings[0] ?? []
    if (own.some(under) || ring.some((at) => odd(own, at[0], at[1]))) found.push(id)
  }
  return found
}

// ---- sets of grids

function stepGrids(state: MergeState, event: EditEvent, scene: Scene): Step {
  const toggle = (id: string): MergeState => ({ ...state, grids: state.grids.includes(id) ? state.grids.filter((one) => one !== id) : [...state.grids, id] })
  const finish = (): Step => {
    if (state.grids.length < 2) return { state, lacks: state.tool }
    const { grids } = state
    return { state, command: state.tool === 'merge' ? { kind: 'merge', grids } : { kind: 'improve', grids, tolerance: scene.tolerance } }
  }
  if (event.kind === 'grid') return { state: toggle(event.id) }
  if (event.kind === 'tap') {
    const id = atomAt(scene.topology, event.hand.at)?.atom.grid
    return { state: id ? toggle(id) : state }
  }
  if (event.kind === 'finish' || (event.kind === 'key' && event.key === 'Enter')) return finish()
  if (event.kind === 'clear' || event.kind === 'back') return { state: { ...state, grids: [] } }
  return { state }
}

/** Whether a tool has something in hand that Esc puts back first. */
export function busy(state: ModeState): boolean {
  switch (state.tool) {
    case 'border':
      return state.dragging || state.grabbed || state.arc !== null
    case 'split':
    case 'draw':
    case 'measure':
      return state.points.length > 0
    case 'brush':
    case 'lasso':
    case 'rectangle':
      return state.picked.length > 0 || state.down
    case 'merge':
    case 'improve':
      return state.grids.length > 1
    default:
      return false
  }
}
