/**
 * Arcs and nodes over atoms. Every vertex is listed once, so a border that two grids share is one arc: it moves once,
 * for both, and a node moves for all grids that meet in it. Pure.
 */
import type { components } from '../../../api/schema'
import { boxOf, closed, lengthOf, odd, planeAt, sweep, type Box, type LonLat, type Plane, type XY } from './plane'

export type AtomsOut = components['schemas']['AtomsOut']

/** An atom as it is kept between answers: positions, not numbers of one answer's list. */
export interface Atom {
  id: number
  grid: string
  area: string
  households: number
  rings: LonLat[][]
}
export interface Arc {
  key: string
  /** Grid on the left of the arc's way, and on its right; null is ground that is not here. */
  left: string | null
  right: string | null
  xy: XY[]
  at: LonLat[]
  closed: boolean
}
export interface Place {
  atom: Atom
  /** Outline and holes, closed, with the ground on their left. */
  rings: XY[][]
  box: Box
  area_m2: number
  near: { atom: number; length: number }[]
  rim: number
}
export interface Topology {
  plane: Plane
  arcs: Arc[]
  /** Grids that meet at a vertex of an arc's end. */
  nodes: Map<string, { at: XY; lonlat: LonLat; grids: string[] }>
  places: Map<number, Place>
  /** Atoms by the squares of ground that their boxes touch. */
  squares: Map<string, Place[]>
  atomsOf: Map<string, number[]>
  areaOf: Map<string, string>
  frame: Frame
}

/** What outlives a topology: places keep their numbers when more ground arrives, so a hand at work loses nothing. */
export interface Frame {
  plane: Plane
  vertices: ReadonlyMap<string, XY>
}

/** Takes atoms out of an answer of the server. */
export function readAtoms(answer: AtomsOut): Atom[] {
  const at = (k: number): LonLat => [answer.vertices[2 * k] as number, answer.vertices[2 * k + 1] as number]
  return answer.atoms.map(([id, grid, area, households, , rings]) => ({
    id: id as number,
    grid: answer.grids[grid as number] as string,
    area: area as string,
    households: households as number,
    rings: (rings as number[][]).map((ring) => ring.map(at)),
  }))
}

interface Edge {
  from: number
  to: number
  /** Atoms to the left and to the right of `from` → `to`. */
  left: number | null
  right: number | null
}
interface Net {
  vertices: Map<string, XY>
  at: LonLat[]
  xy: XY[]
  edges: Map<number, Edge>
}

const PAIR = 0x4000000

function netOf(atoms: readonly Atom[], frame: Frame): { net: Net; rings: Map<number, number[][]> } {
  const number = new Map<string, number>()
  const net: Net = { vertices: new Map(), at: [], xy: [], edges: new Map() }
  const rings = new Map<number, number[][]>()
  const vertex = (at: LonLat): number => {
    const key = `${at[0]} ${at[1]}`
    let k = number.get(key)
    if (k === undefined) {
      k = net.at.length
      const xy = frame.vertices.get(key) ?? frame.plane.to(at)
      number.set(key, k)
      net.vertices.set(key, xy)
      net.at.push(at)
      net.xy.push(xy)
    }
    return k
  }
  for (const atom of atoms) {
    const found = atom.rings.map((ring, place) => {
      const list = ring.map(vertex)
      const ccw = sweep(closed(list.map((k) => net.xy[k] as XY))) > 0
      return ccw === (place === 0) ? list : list.reverse()
    })
    rings.set(atom.id, found)
    for (const list of found) {
      list.forEach((from, k) => {
        const to = list[(k + 1) % list.length] as number
        const [low, high] = from < to ? [from, to] : [to, from]
        const edge = net.edges.get(low * PAIR + high) ?? { from: low, to: high, left: null, right: null }
        if (from === low) edge.left = atom.id
        else edge.right = atom.id
        net.edges.set(low * PAIR + high, edge)
      })
    }
  }
  return { net, rings }
}

function placesOf(atoms: readonly Atom[], net: Net, rings: Map<number, number[][]>): Map<number, Place> {
  const places = new Map<number, Place>()
  for (const atom of atoms) {
    const lines = (rings.get(atom.id) ?? []).map((list) => closed(list.map((k) => net.xy[k] as XY)))
    const area = lines.reduce((sum, line) => sum + sweep(line), 0)
    places.set(atom.id, { atom, rings: lines, box: boxOf(lines[0] ?? []), area_m2: area, near: [], rim: lengthOf(lines[0] ?? []) })
  }
  for (const { from, to, left, right } of net.edges.values()) {
    if (left === null || right === null || left === right) continue
    const length = lengthOf([net.xy[from] as XY, net.xy[to] as XY])
    places.get(left)?.near.push({ atom: right, length })
    places.get(right)?.near.push({ atom: left, length })
  }
  return places
}

interface Step {
  to: number
  left: string | null
  right: string | null
}

function borderSteps(atoms: readonly Atom[], net: Net): Map<number, Step[]> {
  const gridOf = new Map(atoms.map((atom) => [atom.id, atom.grid]))
  const steps = new Map<number, Step[]>()
  const put = (from: number, step: Step): void => {
    const list = steps.get(from)
    if (list) list.push(step)
    else steps.set(from, [step])
  }
  for (const edge of net.edges.values()) {
    const left = edge.left === null ? null : (gridOf.get(edge.left) ?? null)
    const right = edge.right === null ? null : (gridOf.get(edge.right) ?? null)
    if (left === right) continue
    put(edge.from, { to: edge.to, left, right })
    put(edge.to, { to: edge.from, left: right, right: left })
  }
  return steps
}

/** Chains border edges into arcs, from node to node, then the rings that have no node. */
function arcsOf(net: Net, steps: Map<number, Step[]>): { arcs: Arc[]; nodes: Topology['nodes'] } {
  const nodes: Topology['nodes'] = new Map()
  const taken = new Set<number>()
  const arcs: Arc[] = []
  const isNode = (k: number): boolean => (steps.get(k)?.length ?? 0) !== 2
  const once = (a: number, b: number): number => (a < b ? a * PAIR + b : b * PAIR + a)
  const walk = (from: number, first: Step): void => {
    const path = [from]
    let [at, step] = [from, first]
    while (!taken.has(once(at, step.to))) {
      taken.add(once(at, step.to))
      path.push(step.to)
      const back = at
      at = step.to
      if (isNode(at)) break
      step = (steps.get(at) as Step[]).find((next) => next.to !== back) ?? step
    }
    // the same way round whoever walks it: a border that the two grids name gets the same key each time
    const forward = first.left !== null && (first.right === null || first.left < first.right)
    const list = forward ? path : path.reverse()
    const [left, right] = forward ? [first.left, first.right] : [first.right, first.left]
    const at2 = list.map((k) => net.at[k] as LonLat)
    const key = `${left ?? '-'}|${right ?? '-'}|${(at2[0] as LonLat).join(',')}|${at2.length}`
    arcs.push({ key, left, right, xy: list.map((k) => net.xy[k] as XY), at: at2, closed: list[0] === list.at(-1) })
  }
  for (const [k, list] of steps) {
    if (!isNode(k)) continue
    const lonlat = net.at[k] as LonLat
    const grids = [...new Set(list.flatMap((step) => [step.left, step.right]))].filter((one) => one !== null)
    nodes.set(lonlat.join(','), { at: net.xy[k] as XY, lonlat, grids })
    for (const step of list) if (!taken.has(once(k, step.to))) walk(k, step)
  }
  for (const [k, list] of steps) for (const step of list) if (!taken.has(once(k, step.to))) walk(k, step)
  return { arcs, nodes }
}

const SQUARE_M = 150

function squaresOf(places: Iterable<Place>): Topology['squares'] {
  const squares: Topology['squares'] = new Map()
  for (const place of places) {
    const [west, south, east, north] = place.box.map((side) => Math.floor(side / SQUARE_M)) as Box
    for (let x = west; x <= east; x += 1) {
      for (let y = south; y <= north; y += 1) {
        const list = squares.get(`${x} ${y}`)
        if (list) list.push(place)
        else squares.set(`${x} ${y}`, [place])
      }
    }
  }
  return squares
}

/** Builds arcs and nodes over atoms of some grids, in the frame of an earlier topology where there is one. */
export function buildTopology(atoms: readonly Atom[], before?: Frame): Topology {
  const frame = before ?? { plane: planeAt(atoms[0]?.rings[0]?.[0] ?? [0, 0]), vertices: new Map() }
  const { net, rings } = netOf(atoms, frame)
  const places = placesOf(atoms, net, rings)
  const atomsOf = new Map<string, number[]>()
  const areaOf = new Map<string, string>()
  for (const atom of atoms) {
    const list = atomsOf.get(atom.grid)
    if (list) list.push(atom.id)
    else atomsOf.set(atom.grid, [atom.id])
    areaOf.set(atom.grid, atom.area)
  }
  const { plane } = frame
  const lines = arcsOf(net, borderSteps(atoms, net))
  return { plane, places, squares: squaresOf(places.values()), atomsOf, areaOf, frame: { plane, vertices: net.vertices }, ...lines }
}

/** Arcs about a grid. */
export const arcsAbout = (topology: Topology, grid: string): Arc[] => topology.arcs.filter((arc) => arc.left === grid || arc.right === grid)

/** The borders that may be moved: between two grids of one area. */
export function borders(topology: Topology): Arc[] {
  return topology.arcs.filter(({ left, right }) => left !== null && right !== null && topology.areaOf.get(left) === topology.areaOf.get(right))
}

/** Grids that share a border with a grid, in their own area. */
export function neighbours(topology: Topology, grid: string): string[] {
  const found = new Set<string>()
  for (const arc of borders(topology)) {
    if (arc.left === grid) found.add(arc.right as string)
    if (arc.right === grid) found.add(arc.left as string)
  }
  return [...found]
}

/** The atom on whose ground a point lies. */
export function atomAt(topology: Topology, [x, y]: XY): Place | null {
  for (const place of topology.squares.get(`${Math.floor(x / SQUARE_M)} ${Math.floor(y / SQUARE_M)}`) ?? []) {
    const [west, south, east, north] = place.box
    if (x < west || x > east || y < south || y > north) continue
    if (place.rings.reduce((inside, ring) => inside !== odd(ring, x, y), false)) return place
  }
  return null
}

/** Rings of a grid, chained from its arcs with some of them replaced; the ground is on their left. */
export function ringsOf(arcs: readonly Arc[], grid: string): XY[][] {
  const name = (at: XY): string => `${at[0].toFixed(4)} ${at[1].toFixed(4)}`
  const pieces = arcs
    .filter((arc) => arc.left === grid || arc.right === grid)
    .map((arc) => (arc.left === grid ? arc.xy : [...arc.xy].reverse()))
  const starts = new Map<string, XY[][]>()
  for (const piece of pieces) {
    const key = name(piece[0] as XY)
    starts.set(key, [...(starts.get(key) ?? []), piece])
  }
  const rings: XY[][] = []
  for (const piece of pieces) {
    const key = name(piece[0] as XY)
    if (!starts.get(key)?.includes(piece)) continue
    let ring: XY[] = [piece[0] as XY]
    let next: XY[] | undefined = piece
    while (next) {
      const at: string = name(next[0] as XY)
      const rest: XY[][] = (starts.get(at) ?? []).filter((one: XY[]) => one !== next)
      starts.set(at, rest)
      ring = ring.concat(next.slice(1))
      next = name(ring.at(-1) as XY) === name(ring[0] as XY) ? undefined : starts.get(name(ring.at(-1) as XY))?.[0]
    }
    if (ring.length > 3) rings.push(ring)
  }
  return rings
}
