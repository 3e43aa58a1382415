import { store } from '../../map/store'

export const TABS = ['grids', 'areas', 'gaps', 'proposals', 'zones', 'posts'] as const
export type Tab = (typeof TABS)[number]

/** The part of the desk in the panel; the address holds it. */
export const tab = {
  get value(): Tab {
    return TABS.find((one) => one === store.part.value) ?? 'grids'
  },
  set value(next: Tab) {
    store.part.value = next === 'grids' ? null : next
  },
}
