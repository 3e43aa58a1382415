import { describe, expect, it, vi } from 'vitest'

// modules read the address when they are loaded
vi.hoisted(() => vi.stubGlobal('location', { hash: '' }))
import { hasDuty, isNarrowed, listQuestion, mayDecide, readFilters, sinceOf, tabCounts, tabsOf, writeFilters } from '../src/features/dispatch/filters'
import { arranged, bodyOf, fieldsOf, forMany, isBare, lacks } from '../src/features/dispatch/form'
import { byLead, leadKey } from '../src/features/dispatch/leading'
import { acknowledged, alarms, asDuplicateMs, byUrgency, extended, hold, neighbour } from '../src/features/dispatch/order'
import { gridWords, groundName, placeWords, stepWords } from '../src/features/dispatch/words'
import { planGrids } from '../src/api/data'
import { lang } from '../src/i18n'
import { dispatchEn, dispatchZh } from '../src/i18n/dispatch'
import { noticesEn, noticesZh } from '../src/i18n/notices'
import { noticeWords } from '../src/features/notices/words'
import { pinExpression, pinOf } from '../src/map/pins'

const row = (no: string, due_at: string | null, severity = 'minor'): { no: string; severity: string; due_at: string | null; reported_at: string } => ({ no, severity, due_at, reported_at: `2026-11-22T00:00:0${no}Z` })

describe('filters', () => {
  it('go into the address and come back', () => {
    const filters = { tab: 'late', state: 'OPENED', time: 'week', clock: 'soon', item: 'a;b:c', q: '井盖 50%', box: '24.9,60.1,25,60.2' } as const
    expect(readFilters(writeFilters(filters))).toEqual(filters)
    expect(writeFilters(readFilters(null))).toBeNull()
    expect(readFilters('nonsense;state:NOPE;time:never;q:%E0%A4')).toEqual(readFilters(null))
    expect(isNarrowed(readFilters('late'), null)).toBe(false)
    expect(isNarrowed(readFilters('todo;q:x'), null)).toBe(true)
    expect(isNarrowed(readFilters(null), '990101001001')).toBe(true)
  })
  it('begin a span of days in the morning', () => {
    const now = new Date(2026, 10, 22, 15, 4)
    expect([sinceOf('all', now), sinceOf('today', now), sinceOf('week', now)]).toEqual([null, new Date(2026, 10, 22).toISOString(), new Date(2026, 10, 16).toISOString()])
  })
  it('ask for what waits for an account', () => {
    expect([hasDuty(['planner', 'dispatcher']), hasDuty(['analyst'])]).toEqual([true, false])
    expect(tabsOf(['analyst'])).toEqual(['requests', 'late', 'open', 'closed'])
    const asked = { pending: 'return', pending_by_me: false }
    expect([mayDecide(asked, ['dispatcher']), mayDecide(asked, ['shift_leader']), mayDecide({ ...asked, pending_by_me: true }, ['dispatcher'])]).toEqual([true, false, false])
    const now = new Date()
    expect(listQuestion(readFilters(null), now)).toMatchObject({ todo: 'true', sort: 'urgent' })
    expect(listQuestion(readFilters('late'), now)).toMatchObject({ clock: 'late' })
    expect(listQuestion(readFilters('requests'), now)).toMatchObject({ pending: 'any' })
    expect(listQuestion(readFilters('closed'), now)).toMatchObject({ sort: 'new', state: 'CLOSED,REJECTED,DUPLICATE,REFERRED,VOIDED' })
  })
  it('count what each tab holds', () => {
    const counts = { by_state: { OPENED: 3, DISPATCHED: 4 }, by_clock: { late: 2 }, todo: 5, requests: 1 }
    expect(tabCounts(counts)).toEqual({ todo: 5, requests: 1, late: 2, open: 7 })
    expect(tabCounts(null)).toEqual({ todo: null, requests: null, late: null, open: null })
  })
})

describe('pins', () => {
  const now = 1_000
  it('take the colour and shape of the clock, with a badge where a case is critical', () => {
    const pin = (state: string, due: number | null, soon: number | null, severity = 'minor'): string => pinOf({ state, severity, due, soon }, now)
    expect([pin('OPENED', 2_000, 1_500), pin('OPENED', 2_000, 900), pin('OPENED', 1_000, 900), pin('OPENED', null, null), pin('SUSPENDED', null, null), pin('CLOSED', 1, 1)]).toEqual(
      ['gw-pin-ok', 'gw-pin-soon', 'gw-pin-late', 'gw-pin-open', 'gw-pin-paused', 'gw-pin-closed'],
    )
    expect([pin('OPENED', 2_000, 1_500, 'critical'), pin('OPENED', null, null, 'critical')]).toEqual(['gw-pin-critical-ok', 'gw-pin-critical'])
  })
  it('are said to the map in the same order', () => {
    const said = JSON.stringify(pinExpression(now))
    const places = ['gw-pin-closed', 'gw-pin-paused', 'gw-pin-open', 'gw-pin-late', 'gw-pin-soon', 'gw-pin-ok'].map((name) => said.indexOf(`"${name}"`))
    expect(places.every((at, k) => at > 0 && (k === 0 || at > (places[k - 1] ?? 0)))).toBe(true)
  })
})

describe('notices', () => {
  const of = (kind: string, facts: Record<string, unknown>): Parameters<typeof noticeWords>[0] => ({ id: 1, kind, role: null, facts, at: '2026-11-22T10:00:00Z', read_at: null })
  it('say what happened, whatever the server calls it', () => {
    expect(noticeWords(of('clock', { percent: 150, clock: 'stage' }))).toBe('Late, 150 % of the time is used: this step')
    expect(noticeWords(of('clock', { percent: 80, clock: 'total' }))).toBe('80 % of the time is used: the whole case')
    expect(noticeWords(of('case', { action: 'dispatch' }))).toBe('Sent to your unit')
    expect(noticeWords(of('case', { action: 'close' }))).toBe('Close case')
    expect(noticeWords(of('case', { action: 'brand_new' }))).toBe('brand new')
    expect(Object.keys(noticesZh)).toEqual(Object.keys(noticesEn))
  })
})

describe('time as a duplicate', () => {
  const step = (from_state: string | null, to_state: string, minute: number): { from_state: string | null; to_state: string; at: string } => ({ from_state, to_state, at: new Date(minute * 60_000).toISOString() })
  it('adds up what was linked and freed, and what is linked still', () => {
    const steps = [step(null, 'REPORTED', 0), step('REPORTED', 'DUPLICATE', 10), step('DUPLICATE', 'REPORTED', 25), step('REPORTED', 'DUPLICATE', 30)]
    expect(asDuplicateMs(steps.slice(0, 1), new Date(60_000))).toBe(0)
    expect(asDuplicateMs(steps.slice(0, 3), new Date(3_000_000))).toBe(15 * 60_000)
    expect(asDuplicateMs(steps, new Date(40 * 60_000))).toBe(25 * 60_000)
  })
})

describe('the queue', () => {
  it('grows below the hand, before a group that ends it', () => {
    expect(extended(['a', 'b'], ['c'], [])).toEqual(['a', 'b', 'c'])
    expect(extended(['a', 'r', 's'], ['c'], ['r', 's'])).toEqual(['a', 'c', 'r', 's'])
    expect(extended([], ['c'], ['r'])).toEqual(['c'])
  })
  it('has critical cases first, then what is due first, then the newest', () => {
    const rows = [row('1', null), row('2', null), row('3', '2026-11-22T12:00:00Z'), row('4', '2026-11-22T09:00:00+00:00'), row('5', null, 'critical')]
    expect([...rows].sort(byUrgency).map(({ no }) => no)).toEqual(['5', '4', '3', '2', '1'])
  })
  it('lets everything in while nobody stands in it', () => {
    expect(hold(null, ['a', 'b'], 'b')).toEqual({ order: ['a', 'b'], waiting: [] })
    expect(hold(['a', 'b'], ['c', 'b'], null)).toEqual({ order: ['c', 'b'], waiting: [] })
    expect(hold(['a', 'b'], ['c'], 'z')).toEqual({ order: ['c'], waiting: [] })
  })
  it('never moves the row under the hand, whatever comes, goes or is sorted anew', () => {
    const before = ['a', 'b', 'c', 'd', 'e']
    for (const at of before) {
      for (const fresh of [['x', 'e', 'a'], ['c'], [], ['e', 'd', 'c', 'b', 'a', 'x', 'y']]) {
        const { order, waiting } = hold(before, fresh, at)
        expect(order.indexOf(at)).toBe(before.indexOf(at))
        expect(waiting).toEqual(fresh.filter((no) => !before.includes(no)))
        expect(new Set([...order, ...waiting])).toEqual(new Set([...before.slice(0, before.indexOf(at) + 1), ...fresh]))
      }
    }
  })
  it('steps from row to row and stays at its ends', () => {
    const order = ['a', 'b', 'c']
    expect([neighbour(order, null, 1), neighbour(order, null, -1), neighbour(order, 'b', 1), neighbour(order, 'c', 1), neighbour(order, 'a', -1), neighbour([], null, 1)]).toEqual(['a', 'c', 'c', 'c', 'a', null])
  })
  it('says once what has become critical or late', () => {
    const calm = { ...row('1', null), late: false }
    const first = alarms(null, [calm, { ...row('2', null, 'critical'), late: true }])
    expect([first.critical, first.late]).toEqual([[], []])
    const second = alarms(first.known, [{ ...calm, late: true }, { ...row('3', null, 'critical'), late: false }])
    expect([second.critical, second.late]).toEqual([['3'], ['1']])
    expect(alarms(second.known, [{ ...calm, late: true }])).toMatchObject({ critical: [], late: [] })
  })
})

describe('forms of actions', () => {
  const dispatch = { action: 'dispatch', needs: ['unit'], may: ['units', 'text'] }
  it('ask what is needed first and send what was filled', () => {
    const fields = fieldsOf(dispatch)
    expect(fields.map(({ name, needed }) => [name, needed])).toEqual([['unit', true], ['units', false], ['text', false]])
    expect(lacks(fields, { unit: ' ' })).toEqual(['unit'])
    expect(bodyOf(fields, { unit: 'ROADS', units: [], text: ' soon ' }, [], null)).toEqual({ unit: 'ROADS', text: 'soon' })
    expect([isBare(dispatch), isBare({ ...dispatch, needs: [] })]).toEqual([false, true])
  })
  it('send photos, places, moments and scores as the server reads them', () => {
    const fields = fieldsOf({ action: 'x', needs: ['photo_after', 'score', 'answer_due', 'outcome'], may: ['lon', 'lat', 'strange'] })
    expect(fields.map(({ name }) => name)).toEqual(['photo_after', 'score', 'answer_due', 'outcome', 'place'])
    const values = { photo_after: ['a.jpg'], score: '4', answer_due: '2026-11-23T10:00', outcome: 'changed', place: 'yes' }
    expect(lacks(fields, values)).toEqual([])
    expect(bodyOf(fields, values, ['m1'], { lon: 24, lat: 60 })).toEqual({ score: 4, answer_due: new Date('2026-11-23T10:00').toISOString(), outcome: 'changed', lon: 24, lat: 60, media: ['m1'] })
  })
  it('stand in an order: a decision first, then what leads on', () => {
    const choices = ['escalate', 'approve_return', 'refuse_return', 'sign'].map((action) => ({ action, needs: [], may: [] }))
    const names = ({ first, second, rest }: ReturnType<typeof arranged<(typeof choices)[0]>>): unknown => [first?.action, second?.action, rest.map(({ action }) => action)]
    expect(names(arranged(choices, 'return'))).toEqual(['approve_return', 'refuse_return', ['escalate', 'sign']])
    expect(names(arranged(choices.slice(3), null))).toEqual(['sign', undefined, []])
    expect(arranged([], null)).toEqual({ first: null, second: null, rest: [] })
  })
  it('offer for many what fits them all', () => {
    const names = (cases: { state: string; pending: string | null }[], ...roles: string[]): string[] => forMany(cases, roles).map(({ action }) => action)
    expect(names([{ state: 'OPENED', pending: null }], 'dispatcher')).toEqual(['dispatch', 'link_duplicate', 'escalate'])
    expect(names([{ state: 'OPENED', pending: null }, { state: 'REPORTED', pending: null }], 'dispatcher')).toEqual(['link_duplicate', 'escalate'])
    expect(names([{ state: 'IN_PROGRESS', pending: 'return' }], 'dispatcher')).toEqual(['approve_return', 'escalate'])
    expect(names([{ state: 'DUPLICATE', pending: null }], 'intake_officer')).toEqual(['unlink_duplicate'])
    expect(names([], 'dispatcher')).toEqual([])
  })
})

describe('words', () => {
  it('name the steps of tasks in both languages', () => {
    const step = { action: 'task_sign', zh: '任务', facts: {} }
    lang.value = 'en'
    expect(stepWords(step)).toBe('Task signed off')
    lang.value = 'zh'
    expect(stepWords(step)).toBe('任务签认')
    expect(stepWords({ action: 'sign', zh: '签收', facts: {} })).toBe('签收')
    lang.value = 'en'
  })
  it('name both grids where a border leaves it open, in every list', () => {
    const grid = (code: string): { id: string; code: string; name: string } => ({ id: code, code, name: '' })
    const seen = [[grid('990001001001015'), grid('990001001001009')], [grid('990001001001015'), null], [null, null]] as const
    expect(seen.map(([first, alt]) => gridWords({ grid: first, alt_grid: alt }))).toEqual(['15 / 9', '15', ''])
  })
  it('tell a grid without a name by its village', () => {
    const grids = [{ code: '990101001001004', name: '', area_name: '胜利村' }]
    planGrids.data.value = { plan: null, grids } as never
    const at = (name: string) => ({ lon: 1, lat: 1, grid: { id: 'a', code: '990101001001004', name }, alt_grid: null }) as never
    expect([groundName(at('')), groundName(at('West End'))]).toEqual(['胜利村', 'West End'])
    expect(placeWords(at('')).endsWith(' 4 · 胜利村')).toBe(true)
    planGrids.data.value = null
    expect(placeWords(at('')).endsWith(' 4')).toBe(true)
  })
  it('fill the same places in both languages', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
    const keys = Object.keys(dispatchEn) as (keyof typeof dispatchEn)[]
    expect(keys.filter((key) => places(dispatchEn[key]).join() !== places(dispatchZh[key]).join())).toEqual([])
  })
})

describe('marked cases', () => {
  const roads = { id: '1', code: 'R', name: 'Roads' }
  const water = { id: '2', code: 'W', name: 'Water' }
  const rows = [1, 2, 3, 4].map((k) => ({ no: `c${k}`, revision: k }))
  it('are put together by the unit that leads, in the order they were marked', () => {
    const known = new Map(rows.map((row, k) => [leadKey(row), [roads, water, null, roads][k] ?? null]))
    expect(byLead(rows, known)).toEqual({
      orders: [
        { unit: roads, cases: [rows[0], rows[3]] },
        { unit: water, cases: [rows[1]] },
      ],
      leaderless: ['c3'],
    })
  })
  it('wait until it is known of each, as it stands now', () => {
    const known = new Map(rows.map((row) => [leadKey(row), roads]))
    expect(byLead([{ no: 'c1', revision: 9 }], known)).toBeNull()
    expect(byLead([], known)).toEqual({ orders: [], leaderless: [] })
  })
})

describe('a referral', () => {
  const steps = (...actions: string[]): { action: string; seq: number }[] => actions.map((action, seq) => ({ action, seq }))
  it('is acknowledged once its last step says so', () => {
    expect(acknowledged(steps('register', 'refer', 'acknowledge_referral'))).toEqual({ action: 'acknowledge_referral', seq: 2 })
    expect(acknowledged(steps('register', 'refer', 'acknowledge_referral', 'amend', 'acknowledge_referral'))?.seq).toBe(4)
    expect(acknowledged(steps('refer', 'acknowledge_referral', 'refuse_referral', 'refer'))).toBeNull()
    expect(acknowledged([])).toBeNull()
  })
  it('that was acknowledged leads on to nothing', () => {
    const choices = steps('acknowledge_referral', 'refuse_referral').map((one) => ({ ...one, needs: [], may: [] }))
    expect(arranged(choices, null).second?.action).toBe('refuse_referral')
    expect(arranged(choices, null, 'acknowledge_referral')).toEqual({ first: null, second: null, rest: choices })
  })
})
