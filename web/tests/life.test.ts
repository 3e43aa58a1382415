import { describe, expect, it } from 'vitest'
import { boxOf, movedOf } from '../src/features/planner/life/changes'
import { badTolerance, fieldsOf, usualImport } from '../src/features/planner/life/importing'
import type { Comment, Diff, GridDiff } from '../src/features/planner/life/life'
import { isSame, passages, type Lineage } from '../src/features/planner/life/lineage'
import { barOf, frameOf, gridScale, pixels, roundScale, zoomOf } from '../src/features/planner/life/paper'
import { followerOf, isAuthor, offers, primaryStep, sentBackBy } from '../src/features/planner/life/steps'
import { pinOf, threadsOf } from '../src/features/planner/life/threads'
import { today } from '../src/features/planner/life/days'
import checkWords from '../../services/plan_check_words.py?raw'
import { metresPerPixel } from '../src/map/geometry'
import { lifeEn, lifeZh } from '../src/i18n/life'
import { readAddress, writeAddress } from '../src/map/permalink'

type Of = Parameters<typeof offers>[0]
const plan = (part: Partial<Of>): Of => ({ status: 'draft', author: 'ann', kind: 'household', approved_at: null, ...part })
const ann = { name: 'ann', roles: ['planner'] }
const rob = { name: 'rob', roles: ['reviewer'] }

describe('steps', () => {
  it('offer the author to send a draft, never to approve it', () => {
    expect(primaryStep(plan({}), ann)).toBe('submit')
    expect(primaryStep(plan({}), rob)).toBeNull()
    expect(primaryStep(plan({ status: 'review' }), ann)).toBeNull()
    expect(offers(plan({ status: 'review' }), ann).find((offer) => offer.step === 'approve')?.bar).toBe('second')
  })
  it('tell who sent a plan back until it is sent again', () => {
    const [submit, back, count, recall] = ['submit', 'send_back', 'refresh', 'recall'].map((action) => ({ action }))
    expect(sentBackBy([])).toBeNull()
    expect(sentBackBy([submit!])).toBeNull()
    expect(sentBackBy([submit!, back!])).toBe(back)
    expect(sentBackBy([submit!, back!, count!])).toBe(back)
    expect(sentBackBy([submit!, back!, submit!])).toBeNull()
    expect(sentBackBy([submit!, back!, submit!, recall!])).toBeNull()
  })
  it('let a second person approve, then publish', () => {
    expect(primaryStep(plan({ status: 'review' }), rob)).toBe('approve')
    expect(primaryStep(plan({ status: 'review', approved_at: '2026-01-01' }), rob)).toBe('publish')
    expect(offers(plan({ status: 'review' }), rob).find((offer) => offer.step === 'recall')?.bar).toBe('planner')
  })
  it('of whole plans are not for accounts of some areas', () => {
    const part = { ...ann, limited: true }
    expect(primaryStep(plan({}), part)).toBeNull()
    expect(offers(plan({}), part).every((offer) => offer.bar === 'area')).toBe(true)
  })
  it('know the end of a plan, and plans that are never copied', () => {
    expect(offers(plan({ status: 'retired' }), ann).map((offer) => offer.step)).toEqual(['draft'])
    expect(offers(plan({ status: 'published', kind: 'water' }), rob).map((offer) => offer.step)).toEqual(['retire'])
    expect(offers(plan({ status: 'scheduled' }), { name: 'x', roles: [] }).every((offer) => offer.bar)).toBe(true)
  })
  it('have no author where a machine drew', () => expect(isAuthor(plan({ author: null }), { name: '', roles: [] })).toBe(false))
})

describe('time of a plan', () => {
  it('ends where a plan of its kind and territory waits to follow', () => {
    type Full = Parameters<typeof followerOf>[0]
    const full = (part: Partial<Full>): Full => ({ status: 'published', kind: 'household', territory_id: 't', name: '', ...part }) as Full
    const next = full({ status: 'scheduled', name: 'next' })
    const others = [full({ status: 'scheduled', kind: 'net' }), full({ status: 'scheduled', territory_id: 'u' }), full({ status: 'draft' })]
    expect(followerOf(full({}), [...others, next])).toBe(next)
    expect(followerOf(full({}), others)).toBeUndefined()
    expect(followerOf(full({ status: 'draft' }), [next])).toBeUndefined()
  })
})

const row = (from: string, to: string, at: string, kind = 'keep'): Lineage => ({
  kind, from_id: from, from_code: from, to_id: to, to_code: to, area_share: 1, household_share: 1, area_m2: 1, households: 1, effective_at: at,
})

describe('history of a grid', () => {
  const rows = [row('a', 'a', '2025'), row('a', 'b', '2026', 'transfer'), row('b', 'b', '2026'), row('z', 'z', '2026')]
  it('goes back through every grid that it came out of', () => {
    const found = passages(rows, 'b')
    expect(found.map((one) => [one.at, one.from.map((each) => each.from_id)])).toEqual([['2026', ['a', 'b']], ['2025', ['a']]])
    expect(isSame(found[0]!, 'b')).toBe(false)
  })
  it('tells where a grid went that is gone', () => {
    expect(passages(rows, 'a')[0]?.to.map((each) => each.to_id)).toEqual(['b'])
    expect(isSame(passages(rows, 'z')[0]!, 'z')).toBe(true)
    expect(passages(rows, 'nobody')).toEqual([])
  })
})

describe('paper', () => {
  it('leaves room for title and foot', () => {
    expect(frameOf('a4', 'landscape')).toEqual({ width: 273, height: 138 })
    expect(frameOf('a3', 'portrait')).toEqual({ width: 273, height: 348 })
    expect(pixels(25.4)).toBe(96)
  })
  it('takes the next round scale, and the zoom that has it', () => {
    expect(roundScale(1000, 200)).toBe(5000)
    expect(roundScale(1001, 200)).toBe(6000)
    expect(roundScale(120_000, 200)).toBe(600_000)
    expect((metresPerPixel(zoomOf(5000, 60), 60) * 96) / 0.0254).toBeCloseTo(5000, 3)
  })
  it('shows a grid with ground around it, but never from too near', () => {
    const frame = frameOf('a4', 'landscape')
    expect(gridScale(500, 100, frame)).toBe(2500)
    expect(gridScale(20, 10, frame)).toBe(750)
  })
  it('has a bar of a round length', () => expect(barOf(7500, 40)).toEqual({ metres: 200, mm: (200 * 1000) / 7500 }))
})

const remark = (part: Partial<Comment>): Comment => ({
  id: '1', grid: null, point: null, reply_to: null, author: 'rob', text: 'x', created_at: '2026-01-01', resolved_at: null, resolved_by: null, revision: 1, ...part,
})

describe('threads', () => {
  it('hold their answers, open ones first', () => {
    const found = threadsOf([remark({ id: '1', resolved_at: '2026' }), remark({ id: '2' }), remark({ id: '3', reply_to: '2' }), remark({ id: '4', created_at: '2026-02-01' })])
    expect(found.map((one) => [one.first.id, one.answers.length, one.open])).toEqual([['4', 0, true], ['2', 1, true], ['1', 0, false]])
  })
  it('are pinned to their place, else to their grid, else nowhere', () => {
    const [placed, grid, whole] = [remark({ point: [1, 2] }), remark({ grid: { id: 'g', code: '7' } }), remark({})].map((first) => threadsOf([first])[0]!)
    const centre = (code: string): [number, number] | undefined => (code === '7' ? [3, 4] : undefined)
    expect([placed!, grid!, whole!].map((one) => pinOf(one, centre))).toEqual([[1, 2], [3, 4], null])
  })
})

const share = (id: string, households: number, kind = 'transfer') => ({ id, code: id, kind: kind as 'transfer', households, area_m2: 1, area_share: 1, household_share: 1 })

describe('comparison', () => {
  const grid = { id: 'b', code: 'b', name: '', status: 'changed', households_before: 5, households_after: 9, area_before_m2: 1, area_after_m2: 1, renamed: false } as const
  it('counts what came from others and what left to them', () => {
    const gave: GridDiff = { ...grid, came_from: [share('b', 5, 'keep')], went_to: [share('c', 72), share('b', 5, 'keep')] }
    expect(movedOf(gave)).toBe(72)
    const changed: GridDiff = { ...grid, came_from: [share('a', 4), share('b', 5, 'keep')], went_to: [] }
    expect(movedOf(changed)).toBe(4)
    expect(movedOf({ ...changed, households_after: null, came_from: [], went_to: [share('c', 5)] })).toBe(5)
    expect(movedOf({ ...changed, came_from: [share('a', 4, 'renumber')] })).toBe(0)
  })
  it('finds the box of ground that a grid gave or got', () => {
    const ground = { type: 'FeatureCollection', features: [{ properties: { from: 'a', to: 'b' }, geometry: { coordinates: [[[1, 2], [3, 5], [2, 1]]] } }] }
    expect(boxOf({ ground } as unknown as Diff, 'a')).toEqual([1, 1, 3, 5])
    expect(boxOf({ ground } as unknown as Diff, 'z')).toBeNull()
    expect(boxOf({ ground: null } as unknown as Diff, 'a')).toBeNull()
  })
})

describe('import', () => {
  it('sends what was filled in', () => {
    const sent = Object.fromEntries(fieldsOf({ ...usualImport, crs: ' gcj02 ', code: '编码' }, 't', true))
    expect(sent).toEqual({ territory: 't', kind: 'household', crs: 'gcj02', code_column: '编码', repair: 'false', tolerance_m: '0.5', overlap: 'border', dry_run: 'true' })
  })
  it('wants a tolerance in metres', () => {
    expect(['', '-1', '101', 'x'].map((tolerance) => badTolerance({ ...usualImport, tolerance }))).toEqual([true, true, true, true])
    expect(badTolerance(usualImport)).toBe(false)
  })
})

describe('address', () => {
  it('keeps the comparison and the day', () => {
    const hash = '#/planner?plan=p&compare=q&at=2026-11-22'
    expect(writeAddress(readAddress(hash))).toBe(hash)
    expect(readAddress('#/planner?at=tomorrow').at).toBeNull()
  })
  it('knows today', () => expect(today(new Date(2026, 0, 5))).toBe('2026-01-05'))
})

describe('the check panel', () => {
  it('has a heading in both languages for everything that the server finds', () => {
    const kinds = [...checkWords.matchAll(/^ {4}"([\w-]+)": \(/gm)].map(([, kind]) => kind as string)
    // a sentence of its own for one of several, or for more of the same
    const variants = ['more-places', 'lost-households-more', 'lost-households-unnamed', 'invalid-shape', 'gap-beside', 'code-taken-numbered']
    const bare = kinds.filter((kind) => !variants.includes(kind) && !(`life.fault.${kind}` in lifeEn && `life.fault.${kind}` in lifeZh))
    expect(kinds.length).toBeGreaterThan(20)
    expect(bare).toEqual([])
  })
})
