import { describe, expect, it } from 'vitest'
import { byYear } from '../src/features/dispatch/MonthBars'
import { findingZh, rowProblemZh } from '../src/i18n/rows'

const LATIN = /[A-Za-z]{3,}/

describe('rows of a file in Chinese', () => {
  it('say why and what to do', () => {
    for (const [reason, remedy] of [
      ['is empty', 'give a value for item'],
      ['holds a formula', 'replace the formula by its value'],
      ['holds the control character U+0007', 'remove it; the file may be torn'],
      ['is not a number', 'give a plain number such as 12.5'],
      ['is outside 0 to 50000 m', 'give a value from 0 to 50000'],
      ['is no time', 'give a time such as 2026-05-31 14:05 or 2026-05-31T14:05:00+08:00'],
      ['lies in the future', 'correct the clock of the source, or its time zone'],
      ['lies before 1990', 'correct the date; an unset clock counts from its own zero'],
      ['lies after the report', 'correct one of the two times'],
      ['longitude and latitude changed places', 'give --fix-swapped to turn such rows round, or correct them'],
      ['lies outside the territory 龙城', 'correct the coordinates, or leave the row out'],
      ['is a placeholder: not located', 'place it at the desk'],
      ['has no coordinates: not located', 'place it at the desk'],
      ['repeats line 12', 'keep one of the two rows'],
      ['is no severity', 'give minor, major or critical'],
    ] as const) {
      expect(rowProblemZh(reason, remedy)).not.toMatch(LATIN)
    }
    expect(rowProblemZh('repeats line 12', 'keep one of the two rows')).toBe('与第 12 行重复；请只保留其中一行')
    expect(rowProblemZh('something new', '')).toBe('something new')
    expect(findingZh('rows whose words (3 kinds) name no item of the catalogue')).toBe('行的用语（3 种）在目录中没有对应事项')
  })
})

describe('many months', () => {
  it('are summed by year', () => {
    expect(byYear([{ key: '2015-12', n: 1 }, { key: '2014-02', n: 2 }, { key: '2014-01', n: 3 }])).toEqual([{ key: '2014', n: 5 }, { key: '2015', n: 1 }])
  })
})
