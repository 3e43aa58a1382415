import { afterEach, describe, expect, it, vi } from 'vitest'

vi.hoisted(() => vi.stubGlobal('location', { hash: '' }))
import { territories } from '../src/api/data'
import { store } from '../src/map/store'
import { findItems, items, loadItems } from '../src/features/phone/catalogue'

const box = [0, 0, 1, 1]
const asked: string[] = []

describe('the catalogue on the page', () => {
  afterEach(() => vi.unstubAllGlobals())
  it('is that of the territory at work, where several are loaded', async () => {
    vi.stubGlobal('fetch', (address: string) => {
      asked.push(String(address))
      return Promise.resolve(new Response(JSON.stringify({ items: [{ code: '0101', name_en: 'Pothole', name_zh: '坑洞', severity: 'minor', self_handling: false, terms: [] }] }), { headers: { 'Content-Type': 'application/json' } }))
    })
    territories.put([{ id: 'one', bbox: box }, { id: 'two', bbox: box }] as never)
    store.territory.value = 'two'
    await loadItems()
    await findItems('pot', new AbortController().signal)
    expect(items.value.map(({ code }) => code)).toEqual(['0101'])
    expect(asked.map((address) => new URL(address, 'http://x').searchParams.get('territory'))).toEqual(['two', 'two'])
  })
})
