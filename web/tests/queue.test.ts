import { describe, expect, it } from 'vitest'
import { NoAnswer, Problem } from '../src/api/client'
import { afterFailure, nextIn, ofOthers, outdated, passes, pauseAfter, sentOf, sizeOf, tryAgain, waitingOf, type Act, type Entry, type Photo } from '../src/features/phone/queue/entry'
import { sendEntry, type CaseNow, type Ways } from '../src/features/phone/queue/send'

const photo = (id: string, size = 1000): Photo => ({ id, stage: 'before', blob: new Blob(['x'.repeat(size)]), thumb: null, size, media: null })
const entry = (more: Partial<Entry> = {}): Entry => ({
  key: 'k1',
  account: 'me',
  account_name: 'W-1',
  made_at: 100,
  title: 'Pothole',
  place: 'here',
  photos: [],
  report: { item: 'Pothole', item_code: 'A1', description: '', severity: 'minor', channel: 'app', occurred_at: '2026-11-22T10:00:00Z', point: { lon: 24.9, lat: 60.1, accuracy_m: 9 }, plate: null },
  act: null,
  no: null,
  state: 'waiting',
  tries: 0,
  due_at: 0,
  problem: null,
  sent_at: null,
  ...more,
})
const step = (more: Partial<Act> = {}): Act => ({ action: 'sign', task: null, body: {}, revision: 3, state: 'DISPATCHED', ...more })

/** A server that keeps each key once and fails where a test says so. */
function server(failing: Record<string, unknown[]> = {}, present: Partial<CaseNow> = {}) {
  const seen: string[] = []
  const cases = new Map<string, string>()
  const maybe = (what: string): void => {
    seen.push(what)
    const cause = failing[what.split(' ')[0] as string]?.shift()
    if (cause) throw cause
  }
  const now: CaseNow = { no: '2026-11-000001', revision: 5, state: 'DISPATCHED', actions: ['sign'], ...present }
  const ways: Ways = {
    upload: async (one, key) => {
      maybe(`upload ${key}`)
      return `m-${one.id}`
    },
    report: async (_report, media, key) => {
      if (!cases.has(key)) cases.set(key, media.join())
      maybe(`report ${key}`)
      return now
    },
    act: async (no, act, media, revision, key) => maybe(`act ${no} ${act.action} ${media.length} ${revision} ${key}`),
    look: async () => now,
  }
  return { ways, seen, cases }
}
async function sending(one: Entry, ways: Ways): Promise<{ last: Entry; error: unknown }> {
  let last = one
  const keep = async (next: Entry): Promise<void> => void (last = next)
  const error = await sendEntry(one, ways, keep, () => 777).then(() => null, (cause: unknown) => cause)
  return { last, error }
}

describe('an entry that is sent', () => {
  it('brings its photos first, then the report, then the step, and lets the pictures go', async () => {
    const { ways, seen } = server()
    const { last, error } = await sending(entry({ photos: [photo('a'), photo('b')], act: step({ action: 'self_handle', revision: null, state: null }) }), ways)
    expect(error).toBeNull()
    expect(seen).toEqual(['upload k1-a', 'upload k1-b', 'report k1', 'act 2026-11-000001 self_handle 2 5 k1-act'])
    expect(last).toMatchObject({ state: 'sent', no: '2026-11-000001', sent_at: 777 })
    expect(last.photos.map((one) => [one.media, one.blob])).toEqual([['m-a', null], ['m-b', null]])
  })
  it('goes on after an answer that was lost: with the same key, and without what arrived', async () => {
    const { ways, seen, cases } = server({ report: [new NoAnswer()] })
    const first = await sending(entry({ photos: [photo('a')] }), ways)
    expect(first.error).toBeInstanceOf(NoAnswer)
    expect(sizeOf(first.last)).toBe(0)
    const second = await sending(first.last, ways)
    expect(second.last.state).toBe('sent')
    expect(seen).toEqual(['upload k1-a', 'report k1', 'report k1'])
    expect([...cases]).toEqual([['k1', 'm-a']])
  })
  it('leaves the time out where the clock of the phone runs ahead, and says the same on every later try', async () => {
    const ahead = new Problem({ status: 422, code: 'invalid-input', field: 'occurred_at' })
    const { ways, seen } = server({ report: [ahead, new NoAnswer()] })
    const first = await sending(entry(), ways)
    expect(first.error).toBeInstanceOf(NoAnswer)
    expect(first.last.report?.occurred_at).toBeNull()
    expect((await sending(first.last, ways)).last).toMatchObject({ state: 'sent', report: { occurred_at: null } })
    expect(seen).toEqual(['report k1', 'report k1', 'report k1'])
    const item = new Problem({ status: 422, code: 'invalid-input', field: 'item' })
    expect((await sending(entry(), server({ report: [item] }).ways)).error).toBe(item)
  })
  it('takes a step on the present version when only the version moved on', async () => {
    const { ways, seen } = server({ act: [new Problem({ status: 412, code: 'stale-revision' })] })
    const { last } = await sending(entry({ report: null, no: '7', act: step() }), ways)
    expect(last.state).toBe('sent')
    expect(seen).toEqual(['act 7 sign 0 3 k1-act', 'act 7 sign 0 5 k1-act'])
  })
  it('gives a step up when the case moved on', async () => {
    for (const present of [{ state: 'OPENED' }, { actions: [] }]) {
      const { ways, seen } = server({ act: [new Problem({ status: 412, code: 'stale-revision' })] }, present)
      const { error } = await sending(entry({ report: null, no: '7', act: step() }), ways)
      expect((error as Problem).code).toBe('moved-on')
      expect(seen).toHaveLength(1)
    }
  })
})

describe('an entry that failed', () => {
  it('waits longer each time, at most five minutes, and never forgets', () => {
    let one = entry()
    const pauses = Array.from({ length: 9 }, () => {
      one = afterFailure(one, new NoAnswer(), 1000, 0.5)
      return one.due_at - 1000
    })
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000))
    expect(one.state).toBe('waiting')
    expect(pauseAfter(1, 0)).toBe(3750)
    expect(pauseAfter(40, 1)).toBe(375_000)
  })
  it('is refused only by an answer that will not change', () => {
    const answers = [400, 401, 403, 404, 408, 409, 412, 413, 422, 425, 429, 500, 502, 503]
    expect(answers.filter((status) => passes(new Problem({ status })))).toEqual([401, 408, 425, 429, 500, 502, 503])
    const refused = afterFailure(entry(), new Problem({ status: 422, code: 'invalid-input', detail: 'No.' }), 0, 0)
    expect(refused).toMatchObject({ state: 'refused', problem: { code: 'invalid-input', detail: 'No.' } })
    expect(tryAgain(refused)).toMatchObject({ state: 'waiting', tries: 0, due_at: 0, problem: null, key: 'k1' })
    expect(afterFailure(entry(), new TypeError('odd'), 0, 0).problem?.detail).toBe('odd')
  })
})

describe('the queue', () => {
  const all = [
    entry({ key: 'b', made_at: 200, due_at: 900, photos: [photo('p', 300), { ...photo('q', 400), media: 'm' }] }),
    entry({ key: 'a', made_at: 100, state: 'refused' }),
    entry({ key: 'c', account: 'other' }),
    entry({ key: 'd', state: 'sent', sent_at: 10 }),
    entry({ key: 'e', state: 'sent', sent_at: 50 }),
  ]
  it('shows what waits oldest first, what arrived newest first, and nothing of others but how many', () => {
    expect(waitingOf(all, 'me').map((one) => one.key)).toEqual(['a', 'b'])
    expect(sentOf(all, 'me').map((one) => one.key)).toEqual(['e', 'd'])
    expect(ofOthers(all, 'me')).toBe(1)
    expect(sizeOf(all[0] as Entry)).toBe(300)
  })
  it('knows when to wake, and lets go what arrived a day ago', () => {
    expect(nextIn(all, 'me', 500)).toBe(400)
    expect(nextIn(all, 'me', 5000)).toBe(0)
    expect(nextIn([], 'me', 0)).toBeNull()
    expect(outdated(all, 24 * 3_600_000 + 30).map((one) => one.key)).toEqual(['d'])
  })
})
