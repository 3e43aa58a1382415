import { hatch } from '../src/map/images'
import { deepest } from '../src/map/deepest'
import { describe, expect, it } from 'vitest'
import { secondsLeft } from '../src/api/jobs'
import type { CoverageGrid } from '../src/api/types'
import { csv, passes, readFilter, totals } from '../src/features/coverage/figures'
import { fill } from '../src/i18n'
import { en } from '../src/i18n/en'
import { code, gridNumber, number, share, signed } from '../src/i18n/format'
import { zh } from '../src/i18n/zh'
import { circle, metresBetween, readPosition, scaleLength, zoomOf } from '../src/map/geometry'
import { tilesUnder, withoutVersion } from '../src/map/tiles'
import { bins, classLabels, deviationClass, niceTop } from '../src/ui/histogram'

const row = (part: Partial<CoverageGrid>): CoverageGrid => ({
  grid_id: 'g', fid: 1, code: '091001001011', name: 'Kaivokatu', street_m: 100, seen_m: 25, seen_m_upper: 30, k2_m: 5, unseen_m: 75,
  places: 4, places_seen: 1, places_seen_upper: 2, cameras: 3, online: 2, gap_score: 1, incidents: 0, reasons: [],
  area_id: 'a', area_code: '091001001', area_name: 'Kluuvi', k3_m: 0, k2_m_upper: 8, k3_m_upper: 0, gap_score_least: 0.5, open_m2: 900, seen_m2: 300, seen_m2_upper: 400, networked: 3, serviceable: 2, ...part,
})

describe('figures', () => {
  it('have a true minus sign and grouped thousands', () => {
    expect(number(-1234.5, 1, 'en')).toBe('−1,234.5')
    expect(number(-0.04, 1, 'en')).toBe('0.0')
    expect(number(null)).toBe('–')
  })
  it('carry their sign', () => {
    expect([0.065, -0.028, 0, 0.0001].map((value) => signed(value))).toEqual(['+6.5', '−2.8', '0.0', '0.0'])
  })
  it('are no rate over nothing', () => {
    expect(share(0, 0)).toBe('–')
    expect(share(1, 4)).toBe('25.0')
  })
  it('group codes 6-3-3 and keep their last number', () => {
    expect(code('091001001011')).toBe('091001 001 011')
    expect(code('ABC')).toBe('ABC')
    expect(gridNumber('091001001011')).toBe('11')
    expect(gridNumber('G-x')).toBe('G-x')
  })
})

describe('histogram', () => {
  it('keeps what lies outside in its ends', () => {
    expect(bins([-5, 0, 4.999, 5, 99, NaN], 0, 20, 5).map((bin) => bin.count)).toEqual([3, 1, 0, 1])
  })
  it('calls its classes by the band of the plan', () => {
    expect(classLabels(0.1)).toEqual(['< −10', '−10…−5', '−5…−2', '±2', '+2…+5', '+5…+10', '> +10'])
    expect(classLabels(0.15)[1]).toBe('−15…−7.5')
  })
  it('has round tops', () => expect([1, 3, 7, 41].map(niceTop)).toEqual([2, 4, 8, 50]))
  it('has the classes of the map', () => {
    expect([-0.1001, -0.1, -0.05, 0, 0.02, 0.05, 0.1, 0.1001].map((value) => deviationClass(value, 0.1))).toEqual([0, 1, 2, 3, 4, 5, 5, 6])
  })
})

describe('coverage', () => {
  it('filters by the step of the histogram', () => {
    expect(passes(row({}), readFilter('seen:25-30'))).toBe(true)
    expect(passes(row({}), readFilter('seen:20-25'))).toBe(false)
    expect(passes(row({ seen_m: 100 }), readFilter('seen:95-100'))).toBe(true)
    expect(passes(row({ street_m: 0, seen_m: 0 }), readFilter('seen:0-5'))).toBe(false)
    expect(readFilter('seen:x')).toBeNull()
  })
  it('adds up', () => expect(totals([row({}), row({ k2_m: 0 })])).toMatchObject({ street_m: 200, k2_m: 5, k2_m_upper: 16, online: 4 }))
  it('writes CSV that a spreadsheet takes as text', () => {
    expect(csv(['code', 'name'], [['091001001011', '=1+1'], [null, 'a,"b"']])).toBe('\uFEFFcode,name\r\n"=""091001001011""",\'=1+1\r\n,"a,""b"""\r\n')
  })
})

describe('geometry', () => {
  it('reads a position in either order where only one fits the earth', () => {
    expect(readPosition('24.9459, 60.1697')).toEqual({ lon: 24.9459, lat: 60.1697 })
    expect(readPosition('31.2 121.5')).toEqual({ lon: 121.5, lat: 31.2 })
    expect(readPosition('Kaivokatu 1')).toBeNull()
  })
  it('draws a circle of so many metres', () => {
    for (const corner of circle(24.9, 60.1, 30, 8)) expect(metresBetween([24.9, 60.1], corner)).toBeCloseTo(30, 1)
  })
  it('has round scale lengths', () => expect([500, 200, 100, 50, 20, 1000, 2000]).toContain(scaleLength(15.6, 60, 110).metres))
  it('names the tiles under a box', () => {
    expect(tilesUnder([24.94, 60.169, 24.941, 60.1695], 14)).toEqual([{ x: 9327, y: 4742, z: 14 }])
    expect(tilesUnder([-180, -85, 180, 85], 14)).toBeNull()
  })

  it('goes back from one version of a tile to the newest', () => {
    expect(withoutVersion('/t/{z}/{y}/{x}?plan=7&v=ab12')).toBe('/t/{z}/{y}/{x}?plan=7')
    expect(withoutVersion('/t/{z}/{y}/{x}?v=ab12')).toBe('/t/{z}/{y}/{x}')
    expect(withoutVersion('/t/{z}/{y}/{x}?plan=7')).toBe('/t/{z}/{y}/{x}?plan=7')
  })
})

describe('words', () => {
  it('exist in both languages with the same places to fill', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort()
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(places(zh[key]), key).toEqual(places(en[key]))
  })
  it('fill their places', () => expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}'))
  it('say one and many as the number wants it', () => {
    const said = ([n, m]: [number | string, number]): string => fill('{n} {n:case goes|cases go} to {m} {m:grid|grids}', { n, m })
    expect(([[1, 0], ['1', 1], [0, 2], ['1,001', 11]] as [number | string, number][]).map(said)).toEqual([
      '1 case goes to 0 grids', '1 case goes to 1 grid', '0 cases go to 2 grids', '1,001 cases go to 11 grids',
    ])
    expect(fill('{x:one|many}', {})).toBe('{x:one|many}')
  })
})

describe('jobs', () => {
  it('say the time left only once it can be told', () => {
    expect(secondsLeft(0.01, 60_000)).toBeNull()
    expect(secondsLeft(0.5, 10_000)).toBe(10)
  })
})

describe('the zoom of a box', () => {
  it('is where its longer side fills the map', () => {
    expect(zoomOf([-180, -85.0511287798, 180, 85.0511287798], 512, 512)).toBeCloseTo(0, 6)
    expect(zoomOf([24.9, 60.1, 24.9 + 360 / 2 ** 13, 60.1000001], 512, 512)).toBeCloseTo(13, 6)
  })
})

describe('hatch', () => {
  const at = (drawn: { width: number; data: Uint8ClampedArray }, column: number, row: number): number =>
    drawn.data[4 * (row * drawn.width + column) + 3] ?? 0

  it('rises or falls, joins at the edges of its tile and keeps its colour', () => {
    const rising = hatch(8, 4, 1.2, '#102030', 0.5, true)
    expect([rising.width, rising.height, [...rising.data.slice(0, 3)]]).toEqual([16, 16, [16, 32, 48]])
    expect(Math.max(...rising.data.filter((_, k) => k % 4 === 3))).toBe(128)
    for (let k = 0; k < 8; k++) {
      // one step to the right and one up is the same stroke, four to the right the next one
      expect(at(rising, k + 1, 14 - k)).toBe(at(rising, k, 15 - k))
      expect(at(rising, k + 8, 3)).toBe(at(rising, k, 3))
      expect(at(hatch(8, 4, 1.2, '#102030', 0.5, false), k + 1, k + 1)).toBe(at(hatch(8, 4, 1.2, '#102030', 0.5, false), k, k))
    }
  })
})

describe('the label of a grid whose middle is out of view', () => {
  const box = (west: number, north: number, east: number, south: number): [number, number][] => [[west, north], [east, north], [east, south], [west, south], [west, north]]

  it('stands in the middle of what is seen, off the holes, and nowhere where it has no room', () => {
    const [x, y] = deepest([[box(600, -500, 1400, 300)]], 960, 720) ?? []
    expect(x).toBeGreaterThan(720)
    expect(x).toBeLessThan(840)
    expect(y).toBeGreaterThan(110)
    expect(y).toBeLessThan(190)
    const beside = deepest([[box(0, 0, 960, 720), box(300, 0, 960, 720)]], 960, 720)
    expect(beside?.[0]).toBeLessThan(200)
    expect(deepest([[box(0, 0, 960, 40)]], 960, 720)).toBeNull()
    expect(deepest([], 960, 720)).toBeNull()
  })
})
