import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { t } from '../../../i18n'
import { listMode, store } from '../../../map/store'
import { TextField } from '../../../ui/fields'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'
import { composing, unsaid } from './commenting'

const LONGEST = 2000

interface ComposerProps {
  id: string
  /** Id of the plan or change set that it is about. */
  about: string
  /** What the comment is pinned to, in words. */
  pin: ComponentChildren
  /** Sends the words with the place that was pointed at; raises what the server refuses them with. */
  send: (text: string, point: [number, number] | null) => Promise<void>
  /** What else a comment says. */
  children?: ComponentChildren
}

/** Takes a place from the map; on a phone, where the panel hides it, the map comes to the front until it has one. */
function pick(): void {
  store.picking.value = !store.picking.peek()
  store.phoneMap.value = store.picking.peek()
}

/** Esc leads out of the words, which stay, to the tab that they are in. */
function leave(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || event.isComposing || !(event.target instanceof HTMLTextAreaElement)) return
  event.preventDefault()
  event.target.blur()
  document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus()
}

/** A form for comments: the words, what they are about, a place to pin them to, and the button that sends them. */
export function Composer({ id, about, pin, send, children }: ComposerProps): JSX.Element {
  const text = unsaid.value[about] ?? ''
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const place = store.place.value
  useLayoutEffect(() => {
    if (!composing.value) return
    composing.value = false
    document.getElementById(id)?.focus()
  }, [composing.value])
  const write = (words: string): void => void (unsaid.value = { ...unsaid.peek(), [about]: words })
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (busy || !text.trim()) return
    setBusy(true)
    try {
      await send(text.trim(), place ? [place.lon, place.lat] : null)
      write('')
      store.place.value = null
      store.picking.value = false
      setFailure(null)
    } catch (cause) {
      setFailure(cause)
    }
    setBusy(false)
  }
  return (
    <form class="composer stack" onKeyDown={leave} onSubmit={(event) => void submit(event)}>
      <TextField id={id} label={t('life.newComment')} rows={2} maxLength={LONGEST} value={text} placeholder={t('life.commentHint')} onInput={write} />
      {children}
      <div class="row wrap">
        {pin && (
          <span class="chip outline">
            <Icon name="pin" />
            {pin}
          </span>
        )}
        {!listMode.value && (
          <button type="button" class="button quiet" aria-pressed={store.picking.value} onClick={pick}>
            <Icon name="target" />
            {t(store.picking.value ? 'map.pick' : 'life.pinPlace')}
          </button>
        )}
        <span class="grow" />
        <button type="submit" class="button" aria-disabled={busy || !text.trim()}>
          {t('life.comment')}
        </button>
      </div>
      {failure !== null && <ErrorNote error={failure} />}
    </form>
  )
}
