import { describe, expect, it, vi } from 'vitest'

// modules read the address when they are loaded
vi.hoisted(() => vi.stubGlobal('location', { hash: '' }))
import { bodyOf, noAnswers, stagesOf, stepLacks, type Step } from '../src/features/phone/acting'
import { offered } from '../src/features/phone/cases'
import { fitting, usual, type Item } from '../src/features/phone/catalogue'
import { blank, entryOf, lacks, type Draft } from '../src/features/phone/draft'
import { fitted } from '../src/features/phone/photos'
import { plateCode } from '../src/features/phone/plates'
import type { Photo } from '../src/features/phone/queue/entry'
import { readRoute } from '../src/features/phone/route'
import { pageOf } from '../src/pages'
import { clockOfCase, clockWords, colourNow, span } from '../src/ui/clocks'
import { outdatedStores, sourceOf, STORE } from '../src/worker/rules'

const photo = (stage: Photo['stage']): Photo => ({ id: stage, stage, blob: null, thumb: null, size: 1, media: null })
const whole: Draft = { ...blank(), item: 'Pothole', place: { by: 'gps', point: { lon: 24.9, lat: 60.1, accuracy_m: 9 }, plate: null, words: 'here', grid: null } }

describe('addresses', () => {
  it('choose the kind of page', () => {
    const kinds = ['', '#/planner?map=1', '#/phone', '#/phone/cases/7', '#/phone?lang=zh', '#/r/AB12', '#/r/', '#/report', '#/follow/t0k3n', '#/sign-in?code=x'].map(pageOf)
    expect(kinds).toEqual(['desks', 'desks', 'phone', 'phone', 'phone', 'public', 'desks', 'desks', 'public', 'desks'])
  })
  it('open the parts of the phone page', () => {
    expect(readRoute('#/phone')).toEqual({ page: 'report', no: null, plate: null })
    expect(readRoute('#/phone?plate=AB12')).toMatchObject({ page: 'report', plate: 'AB12' })
    expect(readRoute('#/phone/cases/2026-11-000123?lang=zh')).toMatchObject({ page: 'cases', no: '2026-11-000123' })
    expect(readRoute('#/phone/waiting/7')).toMatchObject({ page: 'waiting', no: null })
  })
})

describe('plates', () => {
  it('are read from what is typed and from the address in their square code', () => {
    const all = ['abcd-efgh-2c', ' ABCD EFGH 2C ', 'https://grid.example/#/r/ABCDEFGH2C', 'http://h/#/r/abcdefgh2c?lang=zh']
    expect(all.map(plateCode)).toEqual(all.map(() => 'ABCDEFGH2C'))
    expect(['', 'ab', 'ABCDEFGH3C', 'BACDEFGH2C', 'ABCDEFGH0C', 'https://elsewhere/x', '#/r/%E0%A4%A', '井盖一号'].map(plateCode)).toEqual(Array(8).fill(null))
  })
})

describe('a draft', () => {
  it('needs a place and an item, and both photos where it was dealt with', () => {
    expect(lacks(blank())).toEqual(['place', 'item'])
    expect(lacks(whole)).toEqual([])
    expect(lacks({ ...whole, self_handled: true, photos: [photo('before')] })).toEqual(['after'])
  })
  it('becomes one report with its key; a plate stands for its place', () => {
    const entry = entryOf(whole, { id: 'me', name: 'W-1' }, 1_000, 'k')
    expect(entry).toMatchObject({ key: 'k', account: 'me', act: null, no: null, state: 'waiting', report: { occurred_at: '1970-01-01T00:00:01.000Z', point: { lon: 24.9 }, plate: null } })
    const plate = entryOf({ ...whole, self_handled: true, place: { ...whole.place!, by: 'plate', plate: 'AB12' } }, { id: 'me', name: 'W-1' }, 0, 'k')
    expect(plate.report).toMatchObject({ point: null, plate: 'AB12' })
    expect(plate.act?.action).toBe('self_handle')
  })
})

describe('the catalogue on the phone', () => {
  const item = (code: string, name_en: string, name_zh: string, terms: string[], self_handling = false): Item => ({ code, name_en, name_zh, terms, self_handling, severity: 'minor' })
  const all = [item('A1', 'Blocked drain', '雨水口堵塞', ['yushuikou', 'ysk']), item('B2', 'Water on road', '路面积水', ['lumianjishui', 'lmjs'], true), item('C3', 'Roadside drain', '边沟', [])]
  it('is searched by words, Chinese, pinyin and initials, best first', () => {
    expect(fitting(all, 'DRAIN').map((one) => one.code)).toEqual(['A1', 'C3'])
    expect(fitting(all, '积水').map((one) => one.code)).toEqual(['B2'])
    expect(fitting(all, 'lmj').map((one) => one.code)).toEqual(['B2'])
    expect(fitting(all, 'road').map((one) => one.code)).toEqual(['C3', 'B2'])
    expect(fitting(all, ' ')).toEqual([])
    expect(fitting(all, 'zzz')).toEqual([])
  })
  it('offers what was reported lately, then everyday things', () => {
    expect(usual(all, ['C3', 'gone']).map((one) => one.code)).toEqual(['C3', 'B2'])
  })
})

describe('a step on a case', () => {
  const step = (action: string, needs: string[], may: string[] = []): Step => ({ action, task: null, needs, may })
  it('asks for what the table of states needs', () => {
    expect(stagesOf(step('self_handle', ['photo_before', 'photo_after']))).toEqual(['before', 'after'])
    expect(stepLacks(step('fail_check', ['reason', 'photo']), noAnswers())).toEqual(['after', 'reason'])
    expect(stepLacks(step('request_suspension', ['reason', 'review_date']), { ...noAnswers(), text: 'frost' })).toEqual(['review_date'])
    expect(stepLacks(step('verification_done', ['outcome'], ['lon', 'lat', 'text', 'media']), noAnswers())).toEqual([])
  })
  it('sends what its form asked, and no empty field', () => {
    expect(bodyOf(step('request_return', ['reason']), { ...noAnswers(), text: ' not our road ' })).toEqual({ reason: 'not our road' })
    expect(bodyOf(step('verification_done', ['outcome'], ['lon', 'lat', 'text']), { ...noAnswers(), text: 'seen', place: { lon: 1, lat: 2 } })).toEqual({ outcome: 'confirmed', text: 'seen', lon: 1, lat: 2 })
    expect(bodyOf(step('sign', [], ['worker']), noAnswers())).toEqual({})
    expect(bodyOf(step('sign', [], ['worker']), { ...noAnswers(), worker: 'W-1 ' })).toEqual({ worker: 'W-1' })
  })
  it('offers what is done on the spot, the one that goes on first', () => {
    const choices = ['escalate', 'dispatch', 'request_return', 'sign'].map((action) => ({ action, zh: '', needs: [], may: [], target: null }))
    expect(offered(choices).map((one) => one.action)).toEqual(['sign', 'escalate', 'request_return'])
  })
})

describe('clocks', () => {
  const now = new Date('2026-11-22T12:00:00Z')
  it('say how long is left, or how late it is', () => {
    expect([27 * 60_000, 108 * 60_000, 3 * 3_600_000, 76 * 3_600_000].map(span)).toEqual(['27 min', '1 h 48 min', '3 h', '3 d 4 h'])
    expect(clockWords({ due_at: '2026-11-22T12:27:30Z', paused: false, share: 0.4, colour: 'ok' }, now)).toBe('27 min left')
    expect(clockWords({ due_at: '2026-11-22T11:47:00Z', paused: false, share: 1.2, colour: 'late' }, now)).toBe('13 min late')
    expect(clockWords({ due_at: null, paused: true, share: 0.4, colour: 'paused' }, now)).toBe('paused')
    expect(clockWords(null, now)).toBe('')
  })
  it('turn late by themselves, and are told from the marks of a list', () => {
    expect(colourNow({ due_at: '2026-11-22T11:59:00Z', paused: false, share: 0.9, colour: 'soon' }, now)).toBe('late')
    expect(clockOfCase({ state: 'IN_PROGRESS', due_at: '2026-11-22T14:00:00Z', soon_at: '2026-11-22T13:00:00Z' }, now)).toMatchObject({ colour: 'ok', share: expect.closeTo(0.6) as number })
    expect(clockOfCase({ state: 'IN_PROGRESS', due_at: '2026-11-22T12:30:00Z', soon_at: '2026-11-22T11:30:00Z' }, now)?.colour).toBe('soon')
    expect(clockOfCase({ state: 'SUSPENDED', due_at: null }, now)?.colour).toBe('paused')
    expect(clockOfCase({ state: 'CLOSED', due_at: null }, now)).toBeNull()
  })
})

describe('the service worker', () => {
  const parts = new Set(['/assets/a.js'])
  const of = (url: string, mode = 'cors', method = 'GET') => sourceOf({ url: `https://h${url}`, mode, method }, 'https://h', parts)
  it('serves the page and its parts, and nothing of the API', () => {
    expect([of('/', 'navigate'), of('/assets/a.js'), of('/assets/b.js'), of('/api/v1/session'), of('/api/v1/plans/1/export', 'navigate'), of('/', 'navigate', 'POST')]).toEqual(['page', 'kept', 'network', 'network', 'network', 'network'])
    expect(sourceOf({ url: 'https://elsewhere/', mode: 'navigate', method: 'GET' }, 'https://h', parts)).toBe('network')
  })
  it('keeps its own store and the one before, which an open page may still need', () => {
    expect(outdatedStores([`${STORE}1`, 'other', `${STORE}2`, `${STORE}3`], `${STORE}3`)).toEqual([`${STORE}1`])
    expect(outdatedStores([`${STORE}3`], `${STORE}3`)).toEqual([])
  })
})

describe('pictures', () => {
  it('become smaller, never larger', () => {
    expect([fitted(4000, 3000, 1920), fitted(3000, 4000, 1920), fitted(800, 600, 1920), fitted(10_000, 1, 1920)]).toEqual([
      { width: 1920, height: 1440 },
      { width: 1440, height: 1920 },
      { width: 800, height: 600 },
      { width: 1920, height: 1 },
    ])
  })
})
