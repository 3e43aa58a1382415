/** Beginning a comment, from the tools or by its key. */
import { signal } from '@preact/signals'
import { store } from '../../../map/store'
import { tab } from '../slots'

export { mayComment } from './life'

/** The composer has the focus when the tab opens next: somebody pressed C. */
export const composing = signal(false)

/** What was begun and not sent, by what it is about: another tab or plan and back loses nothing. */
export const unsaid = signal<Readonly<Record<string, string>>>({})

/** Begins a comment with some words before what is there, in the place that is pointed at. */
export function commentOn(about: string, words: string): void {
  const now = unsaid.peek()[about] ?? ''
  unsaid.value = { ...unsaid.peek(), [about]: now.startsWith(words) ? now : `${words}${now}` }
  comment()
}

/** C: writes a comment on the grid or place that is selected. */
export function comment(): void {
  tab.value = 'comments'
  store.phoneMap.value = false
  composing.value = true
}
