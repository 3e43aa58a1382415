import { expect, test } from 'vitest'
import { nested } from '../src/features/organisation/trees'

const row = (id: string, parent_id: string | null, above_id?: string | null) => ({ id, parent_id, ...(above_id === undefined ? {} : { above_id }) })

test('a unit whose parent is closed stands below the nearest one that is there', () => {
  const found = nested([row('a', null, null), row('c', 'closed', 'a'), row('d', 'gone', null)])
  expect(found.map((node) => [node.row.id, node.below.map((each) => each.row.id)])).toEqual([
    ['a', ['c']],
    ['d', []],
  ])
})

test('areas stand below their parents', () => {
  const found = nested([row('town', null), row('village', 'town'), row('alone', 'not-told')])
  expect(found.map((node) => [node.row.id, node.below.length])).toEqual([
    ['town', 1],
    ['alone', 0],
  ])
})
