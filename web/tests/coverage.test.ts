import { describe, expect, it } from 'vitest'
import { areaRows, scopeOf, subtree } from '../src/features/coverage/areas'
import { changeClass, points } from '../src/features/coverage/change'
import { changed, needsOf, tellsOfNow, USUAL } from '../src/features/coverage/needs'
import type { AreaFigures, PlacementFigures, Run } from '../src/features/coverage/types'
import { besideFigures } from '../src/features/coverage/proposals/beside'
import { readWalk, writeWalk } from '../src/features/coverage/posts/walk'
import { rangeOfShares } from '../src/features/coverage/columns'
import { count, ratePercent, seenBy, totals } from '../src/features/coverage/figures'
import { applied } from '../src/features/coverage/whatif/applied'
import { ahead, fan, headingOnScreen, stepped, turned } from '../src/features/coverage/whatif/geometry'
import { localMoment, monthBefore } from '../src/features/reports/months'
import { metresBetween } from '../src/map/geometry'
import type { CoverageGrid } from '../src/api/types'

const run = (spec: Record<string, unknown>): Run => ({ id: 'r', plan_id: 'p', at: '', seconds: 0, spec, live: false, present: true, begins_at: null, ends_at: null })
const area = (id: string, parent: string | null, code = id): AreaFigures => ({ id, code, parent_id: parent }) as AreaFigures

describe('needs', () => {
  it('are read from what a run was asked, nonsense as the usual', () => {
    expect(needsOf(run({ k: 2, status: 'all', level: 'discern', on: '2026-11-03' }))).toEqual({ ...USUAL, k: 2, status: 'all', level: 'discern', on: '2026-11-03' })
    expect(needsOf(run({ k: 9, status: 'broken', level: '' }))).toEqual(USUAL)
    expect(needsOf(null)).toEqual(USUAL)
  })
  it('hold a day or a month, never both', () => {
    const day = changed(USUAL, { on: '2026-11-03' })
    expect(changed(day, { month: '2026-11' })).toMatchObject({ on: null, month: '2026-11' })
    expect(changed(changed(day, { month: '2026-11' }), { on: '2026-11-01' })).toMatchObject({ on: '2026-11-01', month: null })
  })
  it('forget named places when a public level is chosen', () => {
    const closed = changed(USUAL, { level: 'identify', named: ['k'], reason: 'a written reason' })
    expect(changed(closed, { level: 'discern' })).toMatchObject({ named: [], reason: null })
    expect(changed(closed, { k: 2 })).toMatchObject({ named: ['k'], reason: 'a written reason' })
  })
  it('know which runs grow old', () => {
    expect(tellsOfNow(run({}))).toBe(true)
    expect(tellsOfNow(run({ month: '2026-10' }))).toBe(false)
  })
})

describe('the walk asked for', () => {
  it('comes back as it went', () => expect(writeWalk(readWalk('post/10/clinic'))).toBe('post/10/clinic'))
  it('is the usual where the address says nothing or nonsense', () => {
    expect(readWalk(null)).toEqual({ of: 'facility', minutes: 15, kind: null })
    expect(readWalk('moon/7')).toEqual({ of: 'facility', minutes: 15, kind: null })
    expect(writeWalk(readWalk('facility/15'))).toBeNull()
  })
})

describe('two proposals', () => {
  const figures = (cameras: number, after: number, money: Partial<PlacementFigures> = {}): PlacementFigures => ({ cameras, seen_m_before: 100, seen_m_after: after, places_seen_before: 1, places_seen_after: 2, cost: cameras, currency: null, ...money }) as PlacementFigures
  it('stand beside each other in figures', () => {
    const rows = besideFigures(figures(2, 200), figures(1, 180), 1000)
    expect(rows.map((row) => [row.name, row.a, row.b])).toEqual([
      ['cameras', 2, 1],
      ['seen', 20, 18],
      ['metres', 100, 80],
      ['each', 50, 80],
      ['places', 2, 2],
    ])
  })
  it('tell of money only in the same currency', () => {
    const euro = { cost: 10, currency: 'EUR' }
    expect(besideFigures(figures(2, 200, euro), figures(1, 180, euro), 1000).at(-1)).toMatchObject({ name: 'cost', a: 10, b: 10 })
    expect(besideFigures(figures(2, 200, euro), figures(1, 180, { cost: 9, currency: 'CNY' }), 1000).some((row) => row.name === 'cost')).toBe(false)
  })
})

describe('months of a territory', () => {
  it('end where its clocks say so', () => {
    // 31 Dec 22:30 in London is the new year in Shanghai: the month that is over differs
    expect(monthBefore('2026-12-31T22:30:00Z', 'Asia/Shanghai')).toEqual(['2026-12-01', '2026-12-31'])
    expect(monthBefore('2026-12-31T22:30:00Z', 'Europe/London')).toEqual(['2026-11-01', '2026-11-30'])
    expect(monthBefore('2028-03-01T06:00:00Z', 'UTC')).toEqual(['2028-02-01', '2028-02-29'])
  })
  it('tell the moment as a wall clock', () => expect(localMoment('2026-11-30T22:00:00Z', 'Asia/Shanghai')).toEqual({ day: '2026-12-01', clock: '06:00' }))
})

describe('areas', () => {
  const all = [area('c', null, '1'), area('t2', 'c', '12'), area('t1', 'c', '11'), area('v', 't1', '111')]
  it('stand below their parents', () => expect(areaRows(all).map((one) => one.id)).toEqual(['c', 't1', 'v', 't2']))
  it('hold the grids of all areas below', () => {
    expect([...subtree(areaRows(all), 't1')]).toEqual(['t1', 'v'])
    const grids = ['v', 't2', 'c'].map((area_id) => ({ area_id })) as CoverageGrid[]
    expect(scopeOf(grids, areaRows(all), all[2] as AreaFigures).map((one) => one.area_id)).toEqual(['v'])
    expect(scopeOf(grids, areaRows(all), null)).toHaveLength(3)
  })
})

describe('change', () => {
  it('falls into five classes around nothing', () => {
    expect([-25, -10, -3, -0.4, 0, 0.49, 0.5, 9.9, 10, 40].map(changeClass)).toEqual([0, 0, 1, 2, 2, 2, 3, 3, 4, 4])
  })
  it('is unknown where a grid is missing', () => expect([points(null), points(undefined), points(0.02)]).toEqual([null, null, 2]))
})

describe('a proposed camera', () => {
  const at: [number, number] = [24.9459, 60.1697]
  it('steps by metres', () => {
    for (const [east, north] of [[1, 0], [0, 10], [-10, -10]] as const) {
      expect(metresBetween(at, stepped(at, east, north))).toBeCloseTo(Math.hypot(east, north), 1)
    }
  })
  it('turns on the circle', () => expect([turned(-5), turned(360), turned(725)]).toEqual([355, 0, 5]))
  it('looks clockwise from north', () => {
    const east = ahead(at, 90, 50)
    expect(east[0]).toBeGreaterThan(at[0])
    expect(Math.abs(east[1] - at[1])).toBeLessThan(1e-6)
  })
  it('has an outline from its place and back, or a whole circle', () => {
    const cut = fan(at, 160, 80, 60)
    expect([cut[0], cut.at(-1)]).toEqual([at, at])
    for (const spot of fan(at, null, 80, 60)) expect(metresBetween(at, spot)).toBeCloseTo(60, 0)
  })
  it('is turned by where the hand is, on a turned map too', () => {
    expect(headingOnScreen([0, 0], [0, -10], 0)).toBe(0)
    expect(headingOnScreen([0, 0], [10, 0], 0)).toBeCloseTo(90)
    expect(headingOnScreen([0, 0], [10, 0], 30)).toBeCloseTo(120)
  })
})

describe('rows under a proposal', () => {
  const row = { code: 'g', street_m: 100, seen_m: 10, seen_m_upper: 20, unseen_m: 90, k2_m: 5, k3_m: 0, places_seen: 1, places_seen_upper: 2 } as CoverageGrid
  const figures = { street_m: 100, seen_m: 10, seen_m_upper: 20, k2_m: 5, k2_m_upper: 8, k3_m: 0, k3_m_upper: 0, places: 3, places_seen: 1, places_seen_upper: 2, gap_score: 1, gap_score_least: 0.5 }
  const change = { grid_id: 'i', code: 'g', before: figures, after: { ...figures, seen_m: 40, seen_m_upper: 45, k2_m: 8, places_seen: 2 } }
  it('show what would be seen, and what is left at the need', () => {
    expect(applied(row, change, 1)).toMatchObject({ seen_m: 40, seen_m_upper: 45, k2_m: 8, unseen_m: 60, places_seen: 2 })
    expect(applied(row, change, 2)).toMatchObject({ unseen_m: 87 })
  })
  it('stay as they are without a change', () => expect(applied(row, undefined, 1)).toBe(row))
})

describe('shares with what unknown headings may add', () => {
  it('tells both ends where they differ', () => {
    expect(rangeOfShares(5, 8, 100)).toBe('5.0–8.0')
    expect(rangeOfShares(5, 5, 100)).toBe('5.0')
    expect(rangeOfShares(0, 0, 0)).toBe('–')
  })
})

describe('a rate', () => {
  it('never reads as a target that it misses', () => {
    const told = (rate: number, target: number) => ratePercent({ rate, target, met: rate >= target })
    expect([told(0.99984, 1), told(0.97996, 0.98), told(0.9804, 0.98), told(0.5, 1), told(1, 1)]).toEqual(['99.98', '97.996', '98.0', '50.0', '100.0'])
  })
})

describe('counts and needs', () => {
  it('writes a mean so that it does not read as whole', () => {
    expect([count(228), count(227.95), count(227.5), count(34.04), count(227.9998)].map((text) => text.replace(/[^\d.]/g, ''))).toEqual(['228', '227.9', '227.5', '34.04', '228'])
  })
  it('answers the need in the headline', () => {
    const all = { ...totals([]), seen_m: 100, seen_m_upper: 120, k2_m: 40, k2_m_upper: 60, k3_m: 10, k3_m_upper: 20 }
    expect([1, 2, 3].map((folds) => seenBy(folds, all))).toEqual([
      { surely: 100, atMost: 120 },
      { surely: 40, atMost: 60 },
      { surely: 10, atMost: 20 },
    ])
  })
})
