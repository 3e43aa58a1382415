import type { JSX } from 'preact'
import { t } from '../../../i18n'
import { number } from '../../../i18n/format'
import { Icon } from '../../../ui/Icon'
import { toast } from '../../../ui/toast'
import { editWords } from './words'
import { redo, undo } from './send'
import { hindrance, saving, undoable } from './state'

/** Takes back one's own latest edit, of earlier sessions too. */
export async function undoNow(): Promise<void> {
  if (hindrance.peek() !== null || saving.peek()) return
  if (undoable.peek().undo === 0) toast(t('edit.noUndo'))
  else if (await undo()) toast(t('edit.undone', { edits: editWords() }))
}
export async function redoNow(): Promise<void> {
  if (hindrance.peek() !== null || saving.peek()) return
  if (undoable.peek().redo === 0) toast(t('edit.noRedo'))
  else if (await redo()) toast(t('edit.redone', { edits: editWords() }))
}

/** Undo and redo, in the header. */
export function HistoryButtons(): JSX.Element | null {
  if (hindrance.value !== null) return null
  const { undo: back, redo: forth } = undoable.value
  const button = (icon: string, words: string, n: number, action: () => Promise<void>, keys: string, tip: string): JSX.Element => (
    <button type="button" class="button quiet icon-only" aria-label={words} aria-keyshortcuts={keys} aria-disabled={n === 0 || saving.value} data-tip={tip} onClick={() => void action()}>
      <Icon name={icon} />
    </button>
  )
  return (
    <>
      {button('undo', t('edit.undo'), back, undoNow, 'Control+Z', `${t('edit.undoN', { n: number(back) })}  Ctrl Z`)}
      {button('redo', t('edit.redo'), forth, redoNow, 'Control+Shift+Z', `${t('edit.redoN', { n: number(forth) })}  Ctrl Shift Z`)}
    </>
  )
}
