import { describe, expect, it } from 'vitest'
import { noteZh, refusalsZh, refusalZh } from '../src/i18n/problems'
import { windowOf } from '../src/ui/windowed'

const sources = import.meta.glob<string>(['../../gis/*.py', '../../grid_partition/*.py', '../../services/plan_edits/*.py', '../../services/plan_life/*.py'], { query: '?raw', import: 'default', eager: true })

/** Codes of the errors that a Python file declares. */
const codes = (text: string): string[] =>
  [...text.matchAll(/^class \w+(?:Error|Refused)\(.*\):[^]*?^ {4}code(?:: ClassVar\[str\])? = "([\w-]+)"/gm)].map((found) => found[1] as string)

describe('refusals in Chinese', () => {
  it('has words for every code of editing and of the life of plans', () => {
    const all = new Set(Object.values(sources).flatMap(codes))
    expect(all.size).toBeGreaterThan(25)
    expect([...all].filter((code) => !refusalsZh[code])).toEqual([])
  })
  it('takes the words of a field before those of its code', () => {
    expect(refusalZh({ status: 422, code: 'invalid-input', field: 'basis' })).toContain('依据')
    expect(refusalZh({ status: 422, code: 'invalid-input', field: 'other' })).toBe(refusalsZh['invalid-input'])
    expect(refusalZh({ status: 422, code: 'invalid-input', file: 'grids.geojson' })).toBe(refusalsZh['invalid-input.file'])
    expect(refusalZh({ status: 500, code: 'nobody-wrote-this' })).toBeNull()
  })
  it('says how far a job is', () => {
    expect(noteZh('3 of 8 parts')).toBe('已完成 3 / 8 部分')
    expect(noteZh('saving')).toBe('正在保存')
    expect(noteZh('something new')).toBe('something new')
  })
})

describe('long tables', () => {
  it('draw short lists whole, and of long ones the rows about what is seen', () => {
    expect(windowOf(200, 4000, 500, 28)).toEqual({ from: 0, until: 200 })
    expect(windowOf(1600, 0, 560, 28)).toEqual({ from: 0, until: 44 })
    const deep = windowOf(1600, 28_000, 560, 28)
    expect(deep.from).toBeLessThan(1000)
    expect(deep.until).toBeGreaterThan(1020)
    expect(windowOf(1600, 1e6, 560, 28).until).toBe(1600)
  })
})
