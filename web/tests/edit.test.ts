import { describe, expect, it } from 'vitest'
import { gridsOf, askOf } from '../src/features/planner/edit/commands'
import { changedStretch, halves, inOnePiece, mergedFigures, reassignFigures, ringFigures, type Doors, type Known } from '../src/features/planner/edit/figures'
import { atomsBeside, borderCommand, busy, startMode, step, type BorderState, type EditEvent, type ModeState, type PickState, type Scene } from '../src/features/planner/edit/modes'
import { skipped } from '../src/features/planner/edit/picking'
import { planeAt, sweep, type LonLat, type XY } from '../src/features/planner/edit/plane'
import { movesOf, previewOf } from '../src/features/planner/edit/preview'
import { snapTo } from '../src/features/planner/edit/snap'
import { wantedGrids, workBox } from '../src/features/planner/edit/wanted'
import type { Grid, PlanGrids } from '../src/api/types'
import type { Problem } from '../src/api/client'
import { gridColumns } from '../src/features/planner/columns'
import { drawing } from '../src/features/planner/edit/draw'
import { arcsAbout, atomAt, borders, buildTopology, neighbours, readAtoms, ringsOf, type Atom } from '../src/features/planner/edit/topology'

const plane = planeAt([24.94, 60.17])
const SIDE = 100

/** A board of square atoms, 100 m wide; `gridOf` says whose each is. */
function board(columns: number, rows: number, gridOf: (x: number, y: number) => string, area: (grid: string) => string = () => 'v'): Atom[] {
  const at = (x: number, y: number): LonLat => plane.from([x * SIDE, y * SIDE])
  return Array.from({ length: columns * rows }, (_, k) => {
    const [x, y] = [k % columns, Math.floor(k / columns)]
    const grid = gridOf(x, y)
    return { id: k, grid, area: area(grid), households: 10, rings: [[at(x, y), at(x, y + 1), at(x + 1, y + 1), at(x + 1, y)]] }
  })
}
// a and b below, c on top of both: a node of three grids in the middle
const three = buildTopology(board(4, 4, (x, y) => (y >= 2 ? 'c' : x < 2 ? 'a' : 'b')))
const knownOf = (households: Record<string, number>, area = 40_000, rim = 800): Map<string, Known> =>
  new Map(Object.entries(households).map(([id, n]) => [id, { id, households: n, area_m2: area, compactness: (4 * Math.PI * area) / rim ** 2, mean: 50, inArea: 3 }]))
const known = new Map([...knownOf({ a: 40, b: 40 }), ...knownOf({ c: 80 }, 80_000, 1200)])
const sceneOf = (grid: string | null, locked: string[] = []): Scene => ({ topology: three, grid, locked: new Set(locked), tolerance: 0.1 })
const here = (x: number, y: number, reach = 8): EditEvent => ({ kind: 'tap', hand: { at: three.plane.to(plane.from([x, y])), reach } })
const hand = (kind: 'down' | 'move' | 'up', x: number, y: number): EditEvent => ({ kind, hand: { at: three.plane.to(plane.from([x, y])), reach: 8 } })
const play = (state: ModeState, scene: Scene, ...events: EditEvent[]): ReturnType<typeof step> =>
  events.reduce<ReturnType<typeof step>>((last, event) => step(last.state, event, scene), { state })
const key = (name: string, shift = false): EditEvent => ({ kind: 'key', key: name, shift })
const doorsOf = (list: [number, number, number, string][], grids: string[]): Doors => ({
  x: Float64Array.from(list, ([x, y]) => three.plane.to(plane.from([x, y]))[0]),
  y: Float64Array.from(list, ([x, y]) => three.plane.to(plane.from([x, y]))[1]),
  households: Float64Array.from(list, ([, , n]) => n),
  grid: Int32Array.from(list, ([, , , grid]) => grids.indexOf(grid)),
  grids,
  counted: new Set(grids),
})

describe('topology', () => {
  it('has one arc for each shared border, and nodes where three meet', () => {
    expect(borders(three).map(({ left, right }) => [left, right].sort().join(''))).toEqual(expect.arrayContaining(['ab', 'ac', 'bc']))
    expect(borders(three)).toHaveLength(3)
    const inner = [...three.nodes.values()].filter(({ grids }) => grids.length === 3)
    expect(inner).toHaveLength(1)
    expect(neighbours(three, 'a').sort()).toEqual(['b', 'c'])
  })
  it('chains rings whose areas are those of the atoms', () => {
    for (const grid of ['a', 'b', 'c']) {
      const area = ringsOf(arcsAbout(three, grid), grid).reduce((sum, ring) => sum + sweep(ring), 0)
      expect(area).toBeCloseTo(grid === 'c' ? 80_000 : 40_000, -1)
    }
  })
  it('knows whose ground a place is', () => {
    expect(atomAt(three, three.plane.to(plane.from([50, 50])))?.atom.grid).toBe('a')
    expect(atomAt(three, [1e6, 0])).toBeNull()
  })
  it('keeps a ring inside a grid apart', () => {
    const island = buildTopology(board(3, 3, (x, y) => (x === 1 && y === 1 ? 'in' : 'out')))
    const arc = borders(island)[0]
    expect(arc?.closed).toBe(true)
    expect(ringsOf(arcsAbout(island, 'out'), 'out')).toHaveLength(2)
  })
  it('reads the columns of the server', () => {
    const atoms = readAtoms({ grids: ['g'], vertices: [0, 0, 1, 0, 1, 1], atoms: [[7, 0, 'v', 3, 1, [[0, 1, 2]]]] })
    expect(atoms).toEqual([{ id: 7, grid: 'g', area: 'v', households: 3, rings: [[[0, 0], [1, 0], [1, 1]]] }])
  })
})

describe('ground that arrives later', () => {
  it('keeps the places of what was here, so a line in hand stays the border that it was', () => {
    const whole = board(6, 4, (x, y) => (y >= 2 ? 'c' : x < 2 ? 'a' : x < 4 ? 'b' : 'd'))
    const first = buildTopology(whole.filter(({ grid }) => grid !== 'd'))
    const later = buildTopology(whole, first.frame)
    const ab = (one: typeof first) => borders(one).find(({ left, right }) => [left, right].sort().join('') === 'ab')
    expect(ab(later)?.key).toBe(ab(first)?.key)
    ab(first)?.xy.forEach((at, k) => expect(ab(later)?.xy[k]).toBe(at))
    expect(neighbours(later, 'b').sort()).toEqual(['a', 'c', 'd'])
  })
  it('is asked for where the work is', () => {
    const grid = (id: string, west: number, south: number): Grid => ({ id, bbox: [west, south, west + 1, south + 1] }) as unknown as Grid
    const grids = Array.from({ length: 400 }, (_, k) => grid(String(k), k % 20, Math.floor(k / 20)))
    const nothing = { view: null, near: [], work: null }
    expect(wantedGrids(grids, nothing)).toEqual([])
    expect(wantedGrids(grids.slice(0, 50), nothing)).toHaveLength(50)
    // a grid comes with all that touch it
    expect(wantedGrids(grids, { ...nothing, near: [grids[210]] }).sort()).toEqual(['189', '190', '191', '209', '210', '211', '229', '230', '231'])
    expect(wantedGrids(grids, { ...nothing, work: [0.1, 0.1, 1.9, 0.2] })).toEqual(['0', '1'])
    expect(wantedGrids(grids, { ...nothing, view: [0.5, 0.5, 4.5, 4.5] })).toHaveLength(25)
    // the whole county is too small to be drawn on
    expect(wantedGrids(grids, { ...nothing, view: [0, 0, 20, 20] })).toEqual([])
    expect(workBox({ tool: 'split', points: [[0, 0], [100, 50]], hover: null }, plane)).toEqual([24.94, 60.17, plane.from([100, 50])[0], plane.from([100, 50])[1]])
  })
})

describe('figures', () => {
  const scene = sceneOf('a')
  const doors = doorsOf([[210, 60, 7, 'b'], [150, 50, 5, 'a'], [350, 50, 3, 'b']], ['a', 'b', 'c'])

  it('follow a vertex in both grids at once', () => {
    const grown = play(startMode('border', scene), scene, hand('down', 200, 100), hand('move', 240, 100)).state
    const now = previewOf(grown, scene, known, doors)
    const side = (id: string) => now.sides.find((one) => one.id === id)
    expect(side('a')?.area_m2).toBeCloseTo(44_000, -1)
    expect(side('b')?.area_m2).toBeCloseTo(36_000, -1)
    expect(side('a')?.households).toBe(47)
    expect(side('b')?.households).toBe(33)
    expect(side('a')?.deviation).toBeCloseTo(47 / 50 - 1)
    expect(now.moved).toBe(7)
    expect(side('a')?.onePiece).toBe(true)
  })
  it('follow a node in all grids that meet there', () => {
    const moved = play(startMode('border', scene), scene, hand('down', 200, 200), hand('move', 220, 230)).state
    expect(movesOf(moved as BorderState, scene)).toHaveLength(3)
    const now = previewOf(moved, scene, known, null)
    const gained = now.sides.reduce((sum, one) => sum + one.area_m2 - (known.get(one.id)?.area_m2 ?? 0), 0)
    expect(now.sides).toHaveLength(3)
    expect(gained).toBeCloseTo(0, 3)
  })
  it('say where a border crosses another', () => {
    const out = play(startMode('border', scene), scene, hand('down', 200, 100), hand('move', 450, 100)).state
    const now = previewOf(out, scene, known, null)
    expect(now.faults.length).toBeGreaterThan(0)
    expect(now.sides.every((one) => !one.onePiece)).toBe(true)
  })
  it('count atoms that are handed over, and see a grid fall apart', () => {
    const taken = reassignFigures(three, new Set([2]), 'a', known)
    expect(taken.moved).toBe(10)
    expect(taken.sides.find(({ id }) => id === 'a')?.households).toBe(50)
    expect(taken.sides.find(({ id }) => id === 'b')?.area_m2).toBeCloseTo(30_000, -1)
    expect(inOnePiece(three, [0, 1, 15])).toBe(false)
    expect(mergedFigures(three, ['a', 'b'], known)?.households).toBe(80)
  })
  it('cut a grid in two', () => {
    const ring: XY[] = [[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]]
    const cut = halves(ring, [[30, 50], [30, 60]])
    expect(cut?.map((one) => Math.round(Math.abs(sweep(one)))).sort((a, b) => a - b)).toEqual([3000, 7000])
    expect(halves(ring, [[300, 50], [300, 60]])).toBeNull()
    expect(ringFigures([[0, 0], [10, 0], [10, 10], [0, 0]], known.get('a') as Known, null).area_m2).toBe(50)
  })
  it('find the stretch that changed', () => {
    const [a, b, c, d] = [[0, 0], [1, 0], [2, 0], [3, 0]] as [XY, XY, XY, XY]
    expect(changedStretch([a, b, c, d], [a, b, [2, 1], d])).toEqual({ was: [b, c, d], now: [b, [2, 1], d] })
  })
})

describe('modes', () => {
  it('move a vertex by keys and keep it', () => {
    const scene = sceneOf('a')
    const arc = borders(three).find(({ left, right }) => [left, right].sort().join('') === 'ab')
    const chosen = play(startMode('border', scene), scene, { kind: 'arc', key: arc?.key ?? '' }, { kind: 'vertex', index: 1 }, key('Enter'), key('ArrowRight', true), key('ArrowUp'))
    const state = chosen.state as BorderState
    expect(state.grabbed).toBe(true)
    expect((state.line[1]?.[0] ?? 0) - (arc?.xy[1]?.[0] ?? 0)).toBeCloseTo(10)
    expect((state.line[1]?.[1] ?? 0) - (arc?.xy[1]?.[1] ?? 0)).toBeCloseTo(1)
    const kept = step(state, key('Enter'), scene)
    expect(kept.command).toMatchObject({ kind: 'vertex', from: arc?.at[1] })
    expect(gridsOf(kept.command ?? { kind: 'undo' }).sort()).toEqual(['a', 'b'])
    expect(borderCommand(step(state, { kind: 'back' }, scene).state as BorderState, three)).toBeNull()
  })
  it('name all grids at a node', () => {
    const scene = sceneOf(null)
    const moved = play(startMode('border', scene), scene, hand('down', 200, 200), hand('move', 210, 210), hand('up', 210, 210))
    expect(moved.command?.kind).toBe('vertex')
    expect(gridsOf(moved.command ?? { kind: 'undo' }).sort()).toEqual(['a', 'b', 'c'])
  })
  it('send a line when a place between vertices is dragged', () => {
    const scene = sceneOf(null)
    const moved = play(startMode('border', scene), scene, hand('down', 200, 150), hand('move', 230, 150), hand('up', 230, 150))
    expect(moved.command?.kind).toBe('border')
    expect((moved.command as { line: LonLat[] }).line.length).toBeGreaterThanOrEqual(3)
  })
  it('cut on Enter, or on a second tap of the last point', () => {
    const scene = sceneOf('a')
    const drawn = play(startMode('split', scene), scene, here(-20, 100), here(220, 100))
    expect(busy(drawn.state)).toBe(true)
    expect(step(drawn.state, key('Enter'), scene).command).toMatchObject({ kind: 'split', grid: 'a' })
    expect(step(drawn.state, here(221, 100), scene).command?.kind).toBe('split')
    expect(previewOf(drawn.state, scene, known, null).sides).toHaveLength(2)
    expect(busy(step(drawn.state, { kind: 'back' }, scene).state)).toBe(false)
  })
  it('say what they lack when told to do their work too early', () => {
    const scene = sceneOf('a')
    const one = play(startMode('split', scene), scene, here(-20, 100))
    expect(step(one.state, key('Enter'), scene)).toEqual({ state: one.state, lacks: 'split' })
    const two = play(startMode('draw', scene), scene, here(20, 20), here(80, 20))
    expect(step(two.state, key('Enter'), scene)).toEqual({ state: two.state, lacks: 'draw' })
    const alone = startMode('merge', scene)
    expect(step(alone, key('Enter'), scene).lacks).toBe('merge')
    const length = play(startMode('measure', scene), scene, here(20, 20))
    expect(step(length.state, key('Enter'), scene)).toEqual({ state: length.state })
  })
  it('take atoms of the same village that are not locked', () => {
    const scene = sceneOf('a', ['c'])
    expect(atomsBeside(scene, 'a', [])).toEqual([2, 6])
    const brushed = play(startMode('brush', scene), scene, hand('down', 250, 50), hand('move', 250, 250), hand('up', 250, 150))
    expect(brushed.command).toMatchObject({ kind: 'reassign', to: 'a', atoms: [2], from: ['b'] })
    const boxed = play(startMode('rectangle', scene), scene, hand('down', 205, 5), hand('move', 395, 195), hand('up', 395, 195))
    expect((boxed.command as { atoms: number[] }).atoms).toHaveLength(4)
  })
  it('count what locked grids keep, and send what is locked alone to the server, which says so', () => {
    const scene = sceneOf('a', ['c'])
    const over = play(startMode('brush', scene), scene, hand('down', 250, 150), hand('move', 250, 250), hand('move', 250, 350))
    expect(skipped(over.state as PickState, scene)).toBe(2)
    expect(skipped(over.state as PickState, sceneOf('a'))).toBe(0)
    expect(step(over.state, hand('up', 250, 350), scene).command).toMatchObject({ atoms: [6] })
    const alone = play(startMode('rectangle', scene), scene, hand('down', 5, 205), hand('move', 195, 395), hand('up', 195, 395))
    expect(alone.command).toMatchObject({ kind: 'reassign', to: 'a', from: ['c'] })
  })
  it('show no figures of what a locked grid would take, and let the server say no', () => {
    const scene = sceneOf('a', ['a'])
    const over = play(startMode('brush', scene), scene, hand('down', 250, 50), hand('move', 250, 150))
    expect((over.state as PickState).picked).toEqual([])
    expect(atomsBeside(scene, 'a', [])).toEqual([])
    expect(step(over.state, hand('up', 250, 150), scene).command).toMatchObject({ kind: 'reassign', to: 'a', atoms: [2, 6] })
  })
  it('send what lies in another village alone to the server, which says no and where', () => {
    const apart = buildTopology(board(4, 4, (x, y) => (y >= 2 ? 'c' : x < 2 ? 'a' : 'b'), (grid) => (grid === 'c' ? 'w' : 'v')))
    const scene: Scene = { ...sceneOf('a'), topology: apart }
    const away = { kind: 'reassign', to: 'a', from: ['c'] }
    expect(play(startMode('brush', scene), scene, hand('down', 250, 250), hand('up', 250, 250)).command).toMatchObject({ ...away, atoms: [10] })
    expect(play(startMode('rectangle', scene), scene, hand('down', 205, 205), hand('move', 395, 395), hand('up', 395, 395)).command).toMatchObject(away)
    // what lies in both takes the grid's own village only, as before
    expect(play(startMode('brush', scene), scene, hand('down', 250, 150), hand('move', 250, 250), hand('up', 250, 250)).command).toMatchObject({ atoms: [6] })
    expect(play(startMode('lasso', scene), scene, hand('down', 50, 50), hand('up', 60, 60)).command).toBeUndefined()
  })
  it('merge and improve the grids that were chosen', () => {
    const scene = sceneOf('a')
    const two = play(startMode('merge', scene), scene, { kind: 'grid', id: 'b' })
    expect(step(two.state, key('Enter'), scene).command).toEqual({ kind: 'merge', grids: ['a', 'b'] })
    expect(play(startMode('improve', scene), scene, { kind: 'finish' }).command).toMatchObject({ kind: 'improve', tolerance: 0.1 })
    expect(askOf({ kind: 'merge', grids: ['a', 'b'] })).toEqual({ path: '/grids/merge', body: { grids: ['a', 'b'] } })
  })
  it('draw a closed outline with the grids below it', () => {
    const scene = sceneOf(null)
    const drawn = play(startMode('draw', scene), scene, here(150, 50), here(250, 50), here(250, 150), { kind: 'finish' })
    expect(drawn.command).toMatchObject({ kind: 'draw' })
    expect(gridsOf(drawn.command ?? { kind: 'undo' }).sort()).toEqual(['a', 'b'])
  })
})

describe('snapping', () => {
  const lines = [{ kind: 'street' as const, name: 'Kluuvikatu', line: [[0, 0], [100, 0]] as XY[] }]
  it('draws the hand to a line within eight pixels', () => {
    expect(snapTo(lines, [50, 6])).toMatchObject({ kind: 'street', name: 'Kluuvikatu', px: [50, 0], corner: false })
    expect(snapTo(lines, [50, 9])).toBeNull()
  })
  it('prefers a corner', () => {
    expect(snapTo(lines, [97, 3])).toMatchObject({ px: [100, 0], corner: true })
  })
})

describe('a long drag in grids of 3,000 dwellings', () => {
  it('keeps every household and square metre on one side or the other', () => {
    // an atom a dwelling: two grids of 55 by 55
    const scene: Scene = { topology: buildTopology(board(110, 55, (x) => (x < 55 ? 'a' : 'b'))), grid: 'a', locked: new Set(), tolerance: 0.1 }
    const spots = [...scene.topology.places.values()]
    const doors: Doors = {
      x: Float64Array.from(spots, ({ box }) => (box[0] + box[2]) / 2),
      y: Float64Array.from(spots, ({ box }) => (box[1] + box[3]) / 2),
      households: Float64Array.from(spots, () => 1),
      grid: Int32Array.from(spots, ({ atom }) => (atom.grid === 'a' ? 0 : 1)),
      grids: ['a', 'b'],
      counted: new Set(['a', 'b']),
    }
    const big = knownOf({ a: 3025, b: 3025 }, 3025e4, 22_000)
    const at = (x: number, y: number): XY => scene.topology.plane.to(plane.from([x, y]))
    let state = play(startMode('border', scene), scene, { kind: 'down', hand: { at: at(5500, 2700), reach: 8 } }).state
    for (let k = 0; k < 60; k += 1) {
      state = step(state, { kind: 'move', hand: { at: at(5500 + 1000 * Math.sin(k / 9), 2700 + 300 * Math.cos(k / 7)), reach: 8 } }, scene).state
      const { sides } = previewOf(state, scene, big, doors)
      expect(sides.reduce((sum, one) => sum + (one.households ?? 0), 0)).toBe(6050)
      expect(sides.reduce((sum, one) => sum + one.area_m2, 0)).toBeCloseTo(6050e4, 0)
    }
  })
})

describe('what stays in sight', () => {
  it('shows the parcels of a stroke that was refused, which nothing was taken of', () => {
    const refused = (atoms: number[]) => ({ problem: {} as Problem, command: { kind: 'reassign' as const, atoms, to: 'a', from: ['b'] }, place: null })
    const drawn = (atoms: number[]) => drawing({ mode: startMode('lasso', sceneOf('a')), scene: sceneOf('a'), preview: null, snap: null, refusal: refused(atoms), fresh: [], proposal: null, kept: [] })
    const roles = (atoms: number[]): unknown[] => drawn(atoms).features.map(({ properties }) => properties?.role).filter((role) => role === 'bad')
    expect(roles([2, 3])).toEqual(['bad', 'bad'])
    expect(roles([])).toEqual([])
  })
  it('names the village of each row where several number their grids', () => {
    const columns = (...areas: string[]): string[] => {
      const grids = areas.map((area_code) => ({ area_code, households: 1, area_m2: 1 }) as Grid)
      return gridColumns({ grids, tolerance: 0.1 } as PlanGrids, false).map(({ id }) => id)
    }
    expect(columns('v', 'v')).toEqual(['grid', 'households', 'deviation', 'area', 'compactness'])
    expect(columns('v', 'w')).toEqual(['grid', 'households', 'deviation', 'area', 'areaName'])
  })
})
