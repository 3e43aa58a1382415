import { describe, expect, it } from 'vitest'
import { areasAfter, drawnOf, freeCode, readPlaces, readTotals, toCsv, writePlaces, type Listed } from '../src/features/areas/actions'
import type { AreaAction } from '../src/features/areas/areas'
import { areasEn, areasZh } from '../src/i18n/areas'

const area = (code: string, name: string, x = 0): Listed => ({ code, name, kind: 'village', bbox: [x, 0, x + 1, 1] })
const did = (kind: AreaAction['kind'], areas: string[], code = '', name = ''): AreaAction => ({ kind, areas, code, name })

describe('actions on areas', () => {
  const all = [area('001', 'West'), area('002', 'East', 1)]
  const after = (...actions: AreaAction[]): string[] => areasAfter(all, actions).map((one) => `${one.code} ${one.name}`)
  it('are told in a list as they leave it', () => {
    expect(after(did('merge', ['001', '002'], '002', 'Both'))).toEqual(['002 Both'])
    expect(areasAfter(all, [did('merge', ['001', '002'])])[0]?.bbox).toEqual([0, 0, 2, 1])
    expect(after(did('split', ['001'], '003', 'North'))).toEqual(['001 West', '002 East', '003 North'])
    expect(after(did('transfer', ['001', '002']))).toEqual(['001 West', '002 East'])
    expect(after(did('rename', ['002'], '', 'Morning'), did('renumber', ['002'], '009'))).toEqual(['001 West', '009 Morning'])
    expect(after(did('rename', ['777'], '', 'Nobody'))).toEqual(['001 West', '002 East'])
  })
  it('find a code that nobody holds', () => {
    expect(freeCode([area('990101001001', 'a'), area('990101001002', 'b')], '990101001001')).toBe('990101001003')
    expect(freeCode([area('999', 'a')], '999')).toBe('001')
  })
})

describe('what is drawn', () => {
  it('is typed as it is written', () => {
    const places: [number, number][] = [[24.94, 60.17], [24.95, 60.171]]
    expect(readPlaces(writePlaces(places))).toEqual(places)
    expect(readPlaces('24.9 60.1; −70.5 −33')).toEqual([[24.9, 60.1], [-70.5, -33]])
  })
  it('refuses what is no place', () => {
    for (const text of ['24.9', '24.9 60.1 3', 'a b', '190 0', '0 91']) expect(readPlaces(text)).toBeNull()
  })
  it('is a line or closed ground, once there are corners enough', () => {
    expect(drawnOf([[0, 0]], false)).toBeNull()
    expect(drawnOf([[0, 0], [1, 1]], true)).toBeNull()
    expect(drawnOf([[0, 0], [1, 1]], false)).toEqual({ type: 'LineString', coordinates: [[0, 0], [1, 1]] })
    expect(drawnOf([[0, 0], [1, 0], [1, 1]], true)).toEqual({ type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] })
  })
})

describe('tables', () => {
  it('open in spreadsheets with their letters', () => {
    expect(toCsv(['code', 'name'], [['001', '村, "west"'], ['002', 3]])).toBe('\uFEFFcode,name\r\n001,"村, ""west"""\r\n002,3\r\n')
  })
  it('are read with a header or none, and told by the line that is wrong', () => {
    expect(readTotals('\uFEFFcode,total\r\n001,5\r\n002;2.5\r\n\r\n001,1')).toEqual({ totals: { '001': 6, '002': 2.5 }, bad: null })
    expect(readTotals('001,5\n002,many').bad).toBe(2)
  })
})

it('speaks both languages', () => {
  expect(Object.keys(areasZh).sort()).toEqual(Object.keys(areasEn).sort())
})
