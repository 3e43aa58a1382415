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
  /** Takes the place of the header's own publish button. */
  primary: OfPlan | null
  /** Takes the place of the body of the check tab. */
  check: OfPlan | null
}

export const slots: Slots = { header: [], overlays: [], map: [], cards: [], tabs: [], primary: null, check: null }

/** The tab of the side panel that is open. */
export const tab = signal<string>('grids')
