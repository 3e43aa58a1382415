import { describe, expect, it } from 'vitest'
import { badBand, badTarget, badTolerance, bandOf, bodyOf, usualWish } from '../src/features/planner/proposal'

describe('a wish for grids', () => {
  it('starts with what is usual for its kind', () => {
    expect(usualWish('household').target).toBe('300')
    expect(usualWish('ten_household').target).toBe('10')
    const typed = { ...usualWish('household'), seed: '7', keep: true, band: '240-360' }
    expect(usualWish('micro', typed)).toMatchObject({ kind: 'micro', target: '65', seed: '7', band: '' })
  })
  it('reads a band, with either dash', () => {
    expect(bandOf('240-360')).toEqual([240, 360])
    expect(bandOf(' 300 – 500 ')).toEqual([300, 500])
    expect(bandOf('many')).toBeNull()
  })
  it('says what can not be meant', () => {
    const wish = usualWish('household')
    expect([badTarget(wish), badBand(wish), badTolerance(wish)]).toEqual([false, false, false])
    expect(badTarget({ ...wish, target: '4' })).toBe(true)
    expect(badTolerance({ ...wish, tolerance: '60' })).toBe(true)
    for (const band of ['360-240', '400-500', 'x']) expect(badBand({ ...wish, band })).toBe(true)
  })
  it('sends only what was asked for', () => {
    const wish = usualWish('household')
    expect(bodyOf(wish)).toEqual({ kind: 'household', target: 300, tolerance: 0.1, seed: 0 })
    const all = { ...wish, band: '240-360', even: ['walk'], borders: '1', rural: true, keep: true }
    expect(bodyOf(all)).toMatchObject({
      band: [240, 360],
      even: ['walk'],
      barrier_cost: 1,
      rules: 'urban_rural',
      keep: 'current',
    })
    expect(bodyOf({ ...all, kind: 'cell' })).not.toHaveProperty('keep')
  })
})

it('a water plan is cut at every sluice when asked', () => {
  const water = usualWish('water')
  expect(bodyOf(water)).not.toHaveProperty('cut_at')
  expect(bodyOf({ ...water, sluices: true })).toMatchObject({ kind: 'water', bank: 15, cut_at: ['sluice'] })
})
