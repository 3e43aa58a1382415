import { describe, expect, it } from 'vitest'
import { addressAfterSignIn, readAddress, readView, signInCode, writeAddress } from '../src/map/permalink'

describe('address', () => {
  it('comes back as it went', () => {
    const hash = '#/planner?plan=p-1&map=15.20/60.17019/24.94601&grid=091001001011&layers=gaps,-buildings&show=coverage&filter=seen:20-25&sort=-unseen&list=1&lang=zh&theme=dark'
    expect(writeAddress(readAddress(hash))).toBe(hash)
  })
  it('keeps the run, the area and what they are compared with', () => {
    const hash = '#/coverage?grid=091001001011&compare=r-1&run=r-2&area=091001001000'
    expect(writeAddress(readAddress(hash))).toBe(hash)
  })
  it('keeps the part of the desk, the walk, the proposal and the camera', () => {
    const hash = '#/coverage?part=posts&walk=post/10/clinic&proposal=p-1&camera=c-1'
    expect(writeAddress(readAddress(hash))).toBe(hash)
  })
  it('takes nonsense for nothing', () => {
    const read = readAddress('#/nowhere?map=1/2&layers=<x>&lang=fr&theme=pink&show=all')
    expect(read).toMatchObject({ desk: 'coverage', view: null, layers: [], lang: null, theme: null, mapTheme: null })
    expect(writeAddress(read)).toBe('#/coverage')
  })
  it('refuses places off the earth', () => {
    expect(readView('15/91/0')).toBeNull()
    expect(readView('15/60.1/NaN')).toBeNull()
    expect(readView('99/60/24')).toEqual({ zoom: 24, lat: 60, lon: 24 })
  })
  it('finds the one-time code only in a sign-in link', () => {
    expect(signInCode('#/sign-in?code=ab-1')).toBe('ab-1')
    expect(signInCode('#/coverage?code=ab-1')).toBeNull()
    expect(signInCode('')).toBeNull()
  })

  it('keeps the territory of a sign-in link and drops its code', () => {
    expect(addressAfterSignIn('#/sign-in?code=ab-1&territory=7')).toBe('#/coverage?territory=7')
    expect(addressAfterSignIn('#/sign-in?code=ab-1')).toBe('')
  })
})
