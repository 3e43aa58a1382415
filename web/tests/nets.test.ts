import { expect, test } from 'vitest'
import { badNetTarget, formOf, isNet, type NetWish } from '../src/features/planner/nets/wish'

const wish: NetWish = { kind: 'police', target: '3000', files: [new File(['{}'], 'net.geojson')], crs: '', code: ' BEAT ', name: '' }

test('an upload leaves out what says nothing', () => {
  const form = formOf(wish, 'territory-id')
  expect([...form.keys()].sort()).toEqual(['code_field', 'files', 'kind', 'target', 'territory'])
  expect(form.get('code_field')).toBe('BEAT')
  expect([...formOf(wish, undefined).keys()]).not.toContain('territory')
})

test('targets that cannot be meant are told', () => {
  expect(badNetTarget(wish)).toBe(false)
  for (const target of ['', 'many', '4', '100001']) expect(badNetTarget({ ...wish, target })).toBe(true)
})

test('nets are told from plans that tile the ground', () => {
  expect(['police', 'safety', 'dedicated', 'household', 'water'].map(isNet)).toEqual([true, true, true, false, false])
})
