/** What stands in the panel instead of a case, but for a report and the hand-over. */
import { signal } from '@preact/signals'

export type PanelName = 'import' | 'chart' | 'plates'
export const panel = signal<PanelName | null>(null)
