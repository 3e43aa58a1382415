import { describe, expect, it } from 'vitest'
import { frameOf, keyFrame, keyPages, keyRoom, placeFor } from '../src/features/planner/life/paper'
import { labelFeatures, numbered, villageLabels } from '../src/features/planner/life/paperLabels'
import { outOfBand, villagesOf } from '../src/features/planner/life/villages'
import type { Grid } from '../src/api/types'

const KILOMETRE = 1 / 111.195
const grid = (code: string, area: [string, string], size: number, more: Partial<Grid> = {}): Grid =>
  ({
    id: code, fid: Number(code), code, name: '', area_code: area[0], area_name: area[1], households: 300, dwellings: 100, deviation: 0.01,
    area_m2: (size * 1000) ** 2, bbox: [0, 0, size * KILOMETRE, size * KILOMETRE], centre: [0.1, 0.2], head: null, ...more,
  }) as unknown as Grid
const VADUZ: [string, string] = ['2', 'Vaduz']
const BALZERS: [string, string] = ['1', 'Balzers']

describe('villages on paper', () => {
  const grids = [grid('002', VADUZ, 1), grid('001', VADUZ, 2, { bbox: [1, 1, 2, 3] }), grid('003', BALZERS, 1, { deviation: 0.3 })]
  it('are in the order of their codes, each with its grids and its box', () => {
    const found = villagesOf(grids)
    expect(found.map((one) => [one.name, one.grids.map((each) => each.code)])).toEqual([['Balzers', ['003']], ['Vaduz', ['001', '002']]])
    expect(found[1]?.bbox).toEqual([0, 0, 2, 3])
  })
  it('are named at their largest grid, where most ground is free', () => {
    const [, vaduz] = villageLabels(villagesOf([grid('002', VADUZ, 1), grid('001', VADUZ, 3, { centre: [5, 6] }), grids[2]!])).features
    expect(vaduz?.geometry).toEqual({ type: 'Point', coordinates: [5, 6] })
    expect(vaduz?.properties).toEqual({ name: 'Vaduz' })
  })
})

describe('grids out of band', () => {
  it('are measured against the mean of their own village', () => {
    const [one, other, far] = [grid('001', VADUZ, 1, { households: 100, deviation: -0.5 }), grid('002', VADUZ, 1, { households: 300, deviation: 0.5 }), grid('003', BALZERS, 1, { households: 900, deviation: 0 })]
    const found = outOfBand({ grids: [one, other, far], tolerance: 0.1 }).map(({ grid: { code }, off, edge }) => [code, off, Math.round(edge)])
    expect(found).toEqual([['001', 80, 180], ['002', 80, 220]])
  })
})

describe('numbers on paper', () => {
  it('have their figure only where there is ground for both', () => {
    expect(placeFor(grid('1', VADUZ, 2), 125_000)).toBe(true)
    expect(placeFor(grid('1', VADUZ, 1), 125_000)).toBe(false)
    expect(placeFor(grid('1', VADUZ, 1), 20_000)).toBe(true)
    // long and narrow: as much ground, but not for a label
    expect(placeFor(grid('1', VADUZ, 2, { bbox: [0, 0, 9 * KILOMETRE, 0.4 * KILOMETRE] }), 125_000)).toBe(false)
  })
  it('stand at every grid, whatever the scale', () => {
    const { features } = labelFeatures([grid('990001001017', VADUZ, 2), grid('990001001018', VADUZ, 0.1)], 125_000, 'deviation')
    expect(features.map((one) => one.properties)).toEqual([
      { code: '990001001017', number: '17', figure: '300', small: false, size: 4_000_000 },
      { code: '990001001018', number: '18', figure: '', small: true, size: 10_000 },
    ])
  })
  it('need no zoom: the labels of the screen give way to those of the paper', () => {
    const label = (id: string) => ({ id, type: 'symbol', source: 'grid_labels', layout: { visibility: 'visible', 'text-field': 'x', 'text-font': ['Inter'] }, paint: { 'text-color': '#000' } })
    const style = { version: 8, sources: {}, layers: [{ id: 'land', type: 'background' }, label('grid-label-plain'), label('streets-label')] }
    const made = numbered(style as never, 'deviation')
    expect(made.layers.map((layer) => layer.id)).toEqual(['land', 'streets-label', 'paper-outside', 'paper-number', 'paper-number-small', 'paper-village'])
    expect(made.layers.filter((layer) => layer.id.startsWith('paper-')).every((layer) => layer.minzoom === undefined)).toBe(true)
    // only tiles know what cameras see of a grid
    const near = ['format', 'n', {}, '\n', {}, '12 % seen', {}]
    const seen = { ...label('grid-label-coverage'), layout: { 'text-field': ['step', ['zoom'], ['format', 'n', {}], 14.5, near] } }
    const kept = numbered({ ...style, layers: [seen] } as never, 'coverage').layers
    expect(kept.find((layer) => layer.id === 'grid-label-coverage')?.layout).toEqual({ 'text-field': near })
    expect(kept.find((layer) => layer.id === 'paper-number')?.maxzoom).toBe(13)
  })
})

describe('the key of a sheet', () => {
  it('stands beside the map, upright below it', () => {
    expect(keyFrame(frameOf('a4', 'landscape'), 'landscape')).toEqual({ width: 203, height: 138 })
    expect(keyFrame(frameOf('a4', 'portrait'), 'portrait')).toEqual({ width: 186, height: 165 })
  })
  it('goes on on sheets of its own when it is long', () => {
    const room = keyRoom(frameOf('a4', 'landscape'), 'landscape')
    const lines = Array.from({ length: 200 }, (_, k) => k)
    expect(keyPages(lines.slice(0, room.beside), room)).toEqual([lines.slice(0, room.beside)])
    const pages = keyPages(lines, room)
    expect(pages.flat()).toEqual(lines)
    expect(pages[0]).toHaveLength(room.beside)
    expect(pages.slice(1).every((page) => page.length <= room.page && page.length > 0)).toBe(true)
    expect(keyPages([], room)).toEqual([[]])
  })
})
