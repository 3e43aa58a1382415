/** Where other parts of the planner desk hang in what they bring: one call each when their module is loaded. */
import type { ComponentType } from 'preact'
import { signal } from '@preact/signals'
import type { PlanGrids } from '../../api/types'

type OfPlan = ComponentType<{ data: PlanGrids }>

/** A tab of the side panel. */
export interface TabSlot {
  id: string
  name: () => string
  /** Beside the name; null for none. */
  count?: (data: PlanGrids) => number | null
  tone?: (data: PlanGrids) => string
  /** Whether the tab is there now; always without it. */
  shown?: () => boolean
  body: OfPlan
}
interface Slots {
  /** Buttons and menus of the desk header, before its primary action. */
  header: OfPlan[]
  /** Dialogs and other things over the desk. */
  overlays: OfPlan[]
  /** Over the whole map. */
  map: OfPlan[]
  /** Cards on the map. */
  cards: OfPlan[]
  tabs: TabSlot[]
}

export const slots: Slots = { header: [], overlays: [], map: [], cards: [], tabs: [] }

/** The tab of the side panel that is open. */
export const tab = signal<string>('grids')

/** A tab as the panel shows it. */
export interface Tab {
  id: string
  name: string
  /** Beside the name; null for none. */
  count?: number | null | undefined
  tone?: string | undefined
}

/** Tabs of a plan: its own first, then those that hang in; nothing to count is not counted. */
export function tabsOf(own: readonly Tab[], data: PlanGrids): Tab[] {
  const hung = slots.tabs.filter((one) => one.shown?.() ?? true)
  return [...own, ...hung.map((one) => ({ id: one.id, name: one.name(), count: one.count?.(data) || null, tone: one.tone?.(data) }))]
}
