/** Beginning a comment, from the tools or by its key. */
import { signal } from '@preact/signals'
import { store } from '../../../map/store'
import { tab } from '../slots'

export { mayComment } from './life'

/** The composer has the focus when the tab opens next: somebody pressed C. */
export const composing = signal(false)

/** C: writes a comment on the grid or place that is selected. */
export function comment(): void {
  tab.value = 'comments'
  store.phoneMap.value = false
  composing.value = true
}
