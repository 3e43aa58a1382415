import { describe, expect, it } from 'vitest'
import { isNarrowed, listQuestion, onlyOwn, owedStates, readFilters, sinceOf, tabCounts, writeFilters } from '../src/features/dispatch/filters'
import { arranged, bodyOf, fieldsOf, forMany, isBare, lacks } from '../src/features/dispatch/form'
import { alarms, byUrgency, hold, neighbour } from '../src/features/dispatch/order'
import { dispatchEn, dispatchZh } from '../src/i18n/dispatch'

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
  it('ask for what is owed to a duty', () => {
    expect(owedStates(['planner', 'dispatcher'])).toEqual(['OPENED'])
    expect(owedStates(['intake_officer', 'shift_leader'])).toEqual(['REPORTED', 'ACCEPTED', 'RESOLVED', 'CHECKED'])
    expect(owedStates(['supervisor'])).toHaveLength(10)
    expect([onlyOwn(['handling_unit']), onlyOwn(['handling_unit', 'dispatcher']), onlyOwn(['supervisor'])]).toEqual([true, false, false])
    const now = new Date()
    expect(listQuestion(readFilters(null), ['handling_unit'], now)).toMatchObject({ state: 'DISPATCHED,IN_PROGRESS', mine: 'true', sort: 'urgent' })
    expect(listQuestion(readFilters('late'), [], now)).toMatchObject({ clock: 'late' })
    expect(listQuestion(readFilters('requests'), [], now)).toMatchObject({ pending: 'any' })
    expect(listQuestion(readFilters('closed'), [], now)).toMatchObject({ sort: 'new', state: 'CLOSED,REJECTED,DUPLICATE,REFERRED,VOIDED' })
  })
  it('count what each tab holds', () => {
    const counts = { by_state: { OPENED: 3, DISPATCHED: 4 }, by_clock: { late: 2 } }
    expect(tabCounts(counts, ['dispatcher'], 1)).toEqual({ todo: 3, requests: 1, late: 2, open: 7 })
    expect(tabCounts(null, ['dispatcher'], null)).toEqual({ todo: null, requests: null, late: null, open: null })
  })
})

describe('the queue', () => {
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
    expect(names([], 'dispatcher')).toEqual([])
  })
})

describe('words', () => {
  it('fill the same places in both languages', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
    const keys = Object.keys(dispatchEn) as (keyof typeof dispatchEn)[]
    expect(keys.filter((key) => places(dispatchEn[key]).join() !== places(dispatchZh[key]).join())).toEqual([])
  })
})
