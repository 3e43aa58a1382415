import { useSignal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { ErrorNote } from '../../ui/states'

interface Props {
  label: string
  submit: string
  /** Why it cannot be sent now; the empty string where it can. */
  why?: string
  /** Where no heading stands above it. */
  first?: boolean
  /** Takes something away. */
  danger?: boolean
  onSubmit: () => Promise<unknown>
  children: ComponentChildren
}

/** A form in the panel: fields, what the server refused, and the action below them; it is sent once at a time. */
export function DoingForm({ label, submit, why = '', first = false, danger = false, onSubmit, children }: Props): JSX.Element {
  const busy = useSignal(false)
  const failure = useSignal<unknown>(null)
  const send = async (): Promise<void> => {
    if (why || busy.peek()) return
    busy.value = true
    failure.value = null
    try {
      await onSubmit()
    } catch (cause) {
      failure.value = cause
    }
    busy.value = false
  }
  return (
    <form
      class="org-form pad"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      {first ? <h2>{label}</h2> : <h3>{label}</h3>}
      {children}
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <button type="submit" class={`button ${danger ? 'danger' : 'primary'}`} aria-disabled={Boolean(why) || busy.value} data-tip={why || undefined}>
        {submit}
      </button>
    </form>
  )
}
