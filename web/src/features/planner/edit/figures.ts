/** Figures of both sides while the hand moves. Pure; the server's answer replaces them when the edit is saved. */
import { apart, boxOf, crossing, lengthOf, odd, sweep, type XY } from './plane'
import type { Arc, Topology } from './topology'

/** Dwellings in columns, in metres; `grid` is a position in `grids`, -1 elsewhere. */
export interface Doors {
  x: Float64Array
  y: Float64Array
  households: Float64Array
  grid: Int32Array
  grids: string[]
  /** Grids whose dwellings are all here. */
  counted: ReadonlySet<string>
}
/** A grid as the server last told it. */
export interface Known {
  id: string
  households: number
  area_m2: number
  compactness: number
  /** Mean of its area, which deviations are measured from. */
  mean: number
  /** Grids of its area, those included that the page has no ground of. */
  inArea: number
}
export interface Side extends Known {
  deviation: number
  onePiece: boolean
}
/** An arc, or a stretch of it, and what it becomes. */
export interface Moved {
  left: string | null
  right: string | null
  was: XY[]
  now: XY[]
}
export interface Outcome {
  sides: Side[]
  /** Households that change hands. */
  moved: number
  /** Where the new border crosses itself or another. */
  faults: XY[]
}

const rimOf = (grid: Known): number => (grid.compactness > 0 ? Math.sqrt((4 * Math.PI * grid.area_m2) / grid.compactness) : 0)
const roundness = (area: number, rim: number): number => (rim > 0 ? Math.max(0, (4 * Math.PI * area) / (rim * rim)) : 0)

function side(grid: Known, households: number, area: number, rim: number, onePiece: boolean): Side {
  const deviation = grid.mean > 0 ? households / grid.mean - 1 : 0
  return { ...grid, households, area_m2: area, compactness: roundness(area, rim), deviation, onePiece }
}

/** Only the stretch of a line that changed, with the vertex on either side of it. */
export function changedStretch(was: readonly XY[], now: readonly XY[]): { was: XY[]; now: XY[] } {
  const same = (a: XY | undefined, b: XY | undefined): boolean => a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1]
  const most = Math.min(was.length, now.length)
  let head = 0
  while (head < most && same(was[head], now[head])) head += 1
  let tail = 0
  while (tail < most - head && same(was.at(-1 - tail), now.at(-1 - tail))) tail += 1
  const from = Math.max(0, head - 1)
  const until = Math.max(0, tail - 1)
  return { was: was.slice(from, was.length - until), now: now.slice(from, now.length - until) }
}

/** Where the new lines cross themselves, each other or the arcs about the grids that stay. */
function faultsOf(moved: readonly Moved[], stay: readonly Arc[]): XY[] {
  const faults: XY[] = []
  const meet = (a: XY, b: XY, c: XY, d: XY): void => {
    if (a === c || a === d || b === c || b === d || same(a, c) || same(a, d) || same(b, c) || same(b, d)) return
    const at = crossing(a, b, c, d)
    if (at) faults.push([a[0] + at.one * (b[0] - a[0]), a[1] + at.one * (b[1] - a[1])])
  }
  const fresh = moved.flatMap(({ now }) => now.slice(1).map((b, k): [XY, XY] => [now[k] as XY, b]))
  const box = boxOf(fresh.flat())
  fresh.forEach(([a, b], k) => {
    for (const [c, d] of fresh.slice(k + 1)) meet(a, b, c, d)
  })
  for (const arc of stay) {
    for (let k = 1; k < arc.xy.length; k += 1) {
      const [c, d] = [arc.xy[k - 1] as XY, arc.xy[k] as XY]
      if (Math.max(c[0], d[0]) < box[0] || Math.min(c[0], d[0]) > box[2] || Math.max(c[1], d[1]) < box[1] || Math.min(c[1], d[1]) > box[3]) continue
      for (const [a, b] of fresh) meet(a, b, c, d)
    }
  }
  return faults
}
const same = (a: XY, b: XY): boolean => apart(a, b) < 0.005

/** Figures of the grids along arcs that move; `about` are the arcs of those grids with the moved ones in their old place. */
export function movedFigures(moves: readonly Moved[], about: readonly Arc[], known: ReadonlyMap<string, Known>, doors: Doors | null): Outcome {
  const moved = moves.map((move) => ({ ...move, ...changedStretch(move.was, move.now) }))
  const grids = [...new Set(moved.flatMap(({ left, right }) => [left, right]))].filter((one) => one !== null && known.has(one)) as string[]
  const gained = new Map(grids.map((id) => [id, 0]))
  let changed = 0
  if (doors) {
    const [west, south, east, north] = boxOf(moved.flatMap(({ was, now }) => [...was, ...now]))
    const paths = grids.map((id) => moved.filter((move) => move.left === id || move.right === id).flatMap(({ was, now }) => [was, now]))
    const column = grids.map((id) => doors.grids.indexOf(id))
    for (let k = 0; k < doors.x.length; k += 1) {
      const [x, y] = [doors.x[k] as number, doors.y[k] as number]
      if (x < west || x > east || y < south || y > north) continue
      const before = column.indexOf(doors.grid[k] as number)
      const after = paths.findIndex((list, g) => (g === before) !== list.reduce((flip, path) => flip !== odd(path, x, y), false))
      if (before < 0 || after < 0 || after === before) continue
      const count = doors.households[k] as number
      gained.set(grids[before] as string, (gained.get(grids[before] as string) ?? 0) - count)
      gained.set(grids[after] as string, (gained.get(grids[after] as string) ?? 0) + count)
      changed += count
    }
  }
  const stay = unmoved(about, moves)
  const faults = faultsOf(moved, stay)
  const sides = grids.map((id) => {
    const grid = known.get(id) as Known
    let [area, rim] = [grid.area_m2, rimOf(grid)]
    for (const { left, right, was, now } of moved) {
      if (left !== id && right !== id) continue
      area += (left === id ? 1 : -1) * (sweep(now) - sweep(was))
      rim += lengthOf(now) - lengthOf(was)
    }
    return side(grid, grid.households + (gained.get(id) ?? 0), area, rim, faults.length === 0)
  })
  return { sides, moved: changed, faults }
}

/** The arcs that stay, with what stays of those that move. */
function unmoved(about: readonly Arc[], moves: readonly Moved[]): Arc[] {
  return about.flatMap((arc) => {
    const move = moves.find((one) => one.was === arc.xy)
    if (!move) return [arc]
    const { was } = changedStretch(move.was, move.now)
    const from = arc.xy.indexOf(was[0] as XY)
    return [
      { ...arc, xy: arc.xy.slice(0, from + 1) },
      { ...arc, xy: arc.xy.slice(from + was.length - 1) },
    ].filter((one) => one.xy.length > 1)
  })
}

/** Figures when some atoms go to another grid. */
export function reassignFigures(topology: Topology, picked: ReadonlySet<number>, to: string, known: ReadonlyMap<string, Known>): Outcome {
  const gridAfter = (atom: number): string | null => (picked.has(atom) ? to : (topology.places.get(atom)?.atom.grid ?? null))
  const sums = new Map<string, { households: number; area: number; rim: number }>()
  const add = (grid: string, households: number, area: number, rim: number): void => {
    const sum = sums.get(grid) ?? { households: 0, area: 0, rim: 0 }
    sums.set(grid, { households: sum.households + households, area: sum.area + area, rim: sum.rim + rim })
  }
  let moved = 0
  const counted = new Set<string>()
  for (const id of picked) {
    const place = topology.places.get(id)
    if (!place || place.atom.grid === to) continue
    moved += place.atom.households
    add(place.atom.grid, -place.atom.households, -place.area_m2, 0)
    add(to, place.atom.households, place.area_m2, 0)
    for (const { atom, length } of place.near) {
      const pair = id < atom ? `${id} ${atom}` : `${atom} ${id}`
      if (counted.has(pair)) continue
      counted.add(pair)
      const other = topology.places.get(atom)?.atom.grid ?? null
      if (place.atom.grid !== other) for (const grid of [place.atom.grid, other]) if (grid) add(grid, 0, 0, -length)
      const [a, b] = [gridAfter(id), gridAfter(atom)]
      if (a !== b) for (const grid of [a, b]) if (grid) add(grid, 0, 0, length)
    }
    const outer = place.rim - place.near.reduce((sum, { length }) => sum + length, 0)
    if (outer > 0.01) {
      add(place.atom.grid, 0, 0, -outer)
      add(to, 0, 0, outer)
    }
  }
  const sides = [...sums].flatMap(([id, sum]) => {
    const grid = known.get(id)
    // a third grid only sees another neighbour across its border
    if (!grid || sum.area === 0) return []
    const members = [...(topology.atomsOf.get(id) ?? []).filter((atom) => gridAfter(atom) === id), ...(id === to ? picked : [])]
    return [side(grid, grid.households + sum.households, grid.area_m2 + sum.area, rimOf(grid) + sum.rim, inOnePiece(topology, members))]
  })
  return { sides, moved, faults: [] }
}

/** Whether atoms hang together by their edges. */
export function inOnePiece(topology: Topology, atoms: readonly number[]): boolean {
  const left = new Set(atoms)
  const first = atoms[0]
  if (first === undefined) return false
  const queue = [first]
  left.delete(first)
  while (queue.length) {
    for (const { atom } of topology.places.get(queue.pop() as number)?.near ?? []) if (left.delete(atom)) queue.push(atom)
  }
  return left.size === 0
}

/** Figures of grids joined. */
export function mergedFigures(topology: Topology, grids: readonly string[], known: ReadonlyMap<string, Known>): Side | null {
  const all = grids.map((id) => known.get(id)).filter((one) => one !== undefined)
  // the one with most households keeps its number; the mean rises, since its area has fewer grids
  const most = [...all].sort((a, b) => b.households - a.households)[0]
  if (!most) return null
  const first = { ...most, mean: (most.mean * most.inArea) / Math.max(most.inArea - all.length + 1, 1) }
  const inner = topology.arcs
    .filter(({ left, right }) => left !== null && right !== null && grids.includes(left) && grids.includes(right))
    .reduce((sum, arc) => sum + lengthOf(arc.xy), 0)
  const sum = (of: (one: Known) => number): number => all.reduce((total, one) => total + of(one), 0)
  const atoms = grids.flatMap((id) => topology.atomsOf.get(id) ?? [])
  return side(first, sum((one) => one.households), sum((one) => one.area_m2), sum(rimOf) - 2 * inner, inOnePiece(topology, atoms))
}

/** The two halves that a line makes of an outline; null when it does not cut it in two. */
export function halves(ring: readonly XY[], line: readonly XY[]): [XY[], XY[]] | null {
  if (line.length < 2) return null
  const long = prolonged(line)
  const hits: { along: number; at: XY; edge: number; share: number }[] = []
  for (let k = 1; k < long.length; k += 1) {
    for (let e = 1; e < ring.length; e += 1) {
      const [a, b] = [long[k - 1] as XY, long[k] as XY]
      const at = crossing(a, b, ring[e - 1] as XY, ring[e] as XY)
      // a vertex belongs to the edge that starts in it
      if (at && at.other < 1) hits.push({ along: k - 1 + at.one, at: [a[0] + at.one * (b[0] - a[0]), a[1] + at.one * (b[1] - a[1])], edge: e, share: at.other })
    }
  }
  hits.sort((a, b) => a.along - b.along)
  const stretch = hits.slice(1).flatMap((hit, k) => {
    const before = hits[k] as (typeof hits)[number]
    const middle = pointAlong(long, (before.along + hit.along) / 2)
    return odd(ring, middle[0], middle[1]) ? [{ before, hit, length: hit.along - before.along }] : []
  })
  if (stretch.length !== 1) return null
  const { before, hit } = stretch[0] as (typeof stretch)[number]
  const cut = [before.at, ...long.filter((_, k) => k > before.along && k < hit.along), hit.at]
  const open = ring.slice(0, -1)
  const walk = (from: typeof hit, to: typeof hit): XY[] => {
    const found: XY[] = []
    const n = open.length
    let k = from.edge % n
    if (from.edge === to.edge && from.share <= to.share) return found
    do {
      found.push(open[k] as XY)
      k = (k + 1) % n
    } while (k !== to.edge % n)
    return found
  }
  return [
    [...cut, ...walk(hit, before), before.at],
    [...[...cut].reverse(), ...walk(before, hit), hit.at],
  ]
}

const FAR_M = 5_000
function prolonged(line: readonly XY[]): XY[] {
  const push = (from: XY, to: XY): XY => {
    const long = apart(from, to) || 1
    return [to[0] + ((to[0] - from[0]) / long) * FAR_M, to[1] + ((to[1] - from[1]) / long) * FAR_M]
  }
  const [first, second] = [line[0] as XY, line[1] as XY]
  const [last, before] = [line.at(-1) as XY, line.at(-2) as XY]
  return [push(second, first), ...line.slice(1, -1), push(before, last)]
}
function pointAlong(line: readonly XY[], along: number): XY {
  const k = Math.min(Math.floor(along), line.length - 2)
  const [a, b] = [line[k] as XY, line[k + 1] as XY]
  return [a[0] + (along - k) * (b[0] - a[0]), a[1] + (along - k) * (b[1] - a[1])]
}

/** Figures of ground inside a ring, as a grid of its own beside those it is taken from. */
export function ringFigures(ring: readonly XY[], from: Known, doors: Doors | null): Side {
  const [west, south, east, north] = boxOf(ring)
  let households = 0
  for (let k = 0; doors && k < doors.x.length; k += 1) {
    const [x, y] = [doors.x[k] as number, doors.y[k] as number]
    if (x < west || x > east || y < south || y > north || doors.grid[k] === -1) continue
    if (odd(ring, x, y)) households += doors.households[k] as number
  }
  return side(from, households, Math.abs(sweep(ring)), lengthOf(ring), true)
}
