/** Brush, lasso and rectangle: which parcels go to a grid. Pure. */
import type { EditEvent, PickState, Scene, Step } from './modes'
import { odd, type XY } from './plane'
import { atomAt, type Topology } from './topology'

/** Atoms that may go to a grid: of its own area, of a grid that is not locked, not its own; none to a locked one. */
export function movable(scene: Scene, to: string): (id: number) => boolean {
  const area = scene.topology.areaOf.get(to)
  if (scene.locked.has(to)) return () => false
  return (id) => {
    const atom = scene.topology.places.get(id)?.atom
    return atom !== undefined && atom.area === area && atom.grid !== to && !scene.locked.has(atom.grid)
  }
}

/** Atoms beside a grid that may go to it, for the list. */
export function atomsBeside(scene: Scene, to: string, picked: readonly number[]): number[] {
  const mine = new Set([...(scene.topology.atomsOf.get(to) ?? []), ...picked])
  const may = movable(scene, to)
  const found = new Set<number>(picked)
  for (const id of mine) for (const { atom } of scene.topology.places.get(id)?.near ?? []) if (may(atom)) found.add(atom)
  return [...found]
}

function caught(state: PickState, scene: Scene, trail: readonly XY[]): number[] {
  if (!state.to) return state.picked
  const may = movable(scene, state.to)
  const [first, last] = [trail[0], trail.at(-1)]
  if (!first || !last) return state.picked
  if (state.tool === 'brush') {
    const place = atomAt(scene.topology, last)
    const id = place?.atom.id
    return id !== undefined && may(id) && !state.picked.includes(id) ? [...state.picked, id] : state.picked
  }
  const ring: XY[] = state.tool === 'lasso' ? [...trail] : [first, [last[0], first[1]], last, [first[0], last[1]]]
  return ring.length < 3 ? [] : atomsWithin(scene.topology, ring).filter(may)
}

/** Atoms whose middle lies inside a shape: what a lasso takes whole. */
export function atomsWithin(topology: Topology, ring: readonly XY[]): number[] {
  const outline = [...ring, ring[0] as XY]
  const found: number[] = []
  for (const [id, { box }] of topology.places) {
    if (odd(outline, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2)) found.push(id)
  }
  return found
}

/** Atoms under a stroke, whoever has them. */
function under(state: PickState, scene: Scene): number[] {
  const [first, last] = [state.trail[0], state.trail.at(-1)]
  if (!first || !last) return []
  const ring: XY[] = state.tool === 'lasso' ? state.trail : [first, [last[0], first[1]], last, [first[0], last[1]]]
  const within = state.tool === 'brush' || ring.length < 3 ? [] : atomsWithin(scene.topology, ring)
  const touched = state.tool === 'brush' || within.length === 0 ? state.trail.map((at) => atomAt(scene.topology, at)?.atom.id) : []
  return [...new Set([...within, ...touched])].filter((id) => id !== undefined)
}

const gridOf = (scene: Scene, id: number): string => scene.topology.places.get(id)?.atom.grid ?? ''

/** How many atoms of locked grids a stroke passed over. */
export function skipped(state: PickState, scene: Scene): number {
  if (scene.locked.size === 0 || !state.to) return 0
  return under(state, scene).filter((id) => scene.locked.has(gridOf(scene, id)) && gridOf(scene, id) !== state.to).length
}

/** What a stroke that caught nothing went over (other areas, locked grids on either side): the server refuses it by name and place. */
function strange(state: PickState, scene: Scene): number[] {
  const area = state.to ? scene.topology.areaOf.get(state.to) : undefined
  if (area === undefined) return []
  const others = under(state, scene).filter((id) => gridOf(scene, id) !== state.to)
  if (state.to && scene.locked.has(state.to)) return others
  const barred = others.filter((id) => scene.topology.places.get(id)?.atom.area !== area || scene.locked.has(gridOf(scene, id)))
  return barred.length === others.length ? barred : []
}

/** Does what an event says with a brush, a lasso or a rectangle. */
export function stepPick(state: PickState, event: EditEvent, scene: Scene): Step {
  const finish = (next: PickState): Step => {
    const atoms = next.picked.length ? next.picked : strange(next, scene)
    if (!next.to || atoms.length === 0) return { state: { ...next, trail: [], down: false } }
    const from = [...new Set(atoms.map((id) => scene.topology.places.get(id)?.atom.grid))].filter((id) => id !== undefined)
    return { state: { ...next, trail: [], down: false }, command: { kind: 'reassign', atoms, to: next.to, from } }
  }
  switch (event.kind) {
    case 'down': {
      // the first touch names the grid that takes, when none is selected
      const to = state.to ?? atomAt(scene.topology, event.hand.at)?.atom.grid ?? null
      const next: PickState = { ...state, to, down: true, trail: [event.hand.at], picked: [] }
      return { state: { ...next, picked: caught(next, scene, next.trail) } }
    }
    case 'move': {
      if (!state.down) return { state }
      const trail = [...state.trail, event.hand.at]
      return { state: { ...state, trail, picked: caught(state, scene, trail) } }
    }
    case 'up':
      return state.down ? finish(state) : { state }
    case 'grid':
      return { state: { ...state, to: event.id, picked: [] } }
    case 'atom': {
      if (!state.to || !movable(scene, state.to)(event.id)) return { state }
      const picked = state.picked.includes(event.id) ? state.picked.filter((id) => id !== event.id) : [...state.picked, event.id]
      return { state: { ...state, picked } }
    }
    case 'finish':
      return finish(state)
    case 'key':
      return event.key === 'Enter' ? finish(state) : { state }
    case 'back':
    case 'clear':
      return { state: { ...state, picked: [], trail: [], down: false } }
    default:
      return { state }
  }
}
