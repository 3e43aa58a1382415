import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ErrorNote } from '../../ui/states'
import { Logo } from '../../ui/Logo'

interface DoorFormProps {
  title: string
  /** What stands beside the title. */
  aside?: ComponentChildren
  button: (busy: boolean) => string
  /** Does what the form asks for; what it raises is shown. */
  send: (form: FormData) => Promise<void>
  foot?: ComponentChildren
  children: ComponentChildren
}

/** A form at the door: nothing of the page works before it is sent. */
export function DoorForm({ title, aside, button, send, foot, children }: DoorFormProps): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    setBusy(true)
    try {
      await send(form)
    } catch (cause) {
      setFailure(cause)
    } finally {
      setBusy(false)
    }
  }

  return (
    <main class="signin">
      <form class="card stack" onSubmit={(event) => void onSubmit(event)}>
        <span class="brand">
          <Logo />
          <h1>{title}</h1>
          {aside}
        </span>
        {children}
        {failure !== null && <ErrorNote error={failure} />}
        <button type="submit" class="button primary big" aria-disabled={busy}>
          {button(busy)}
        </button>
        {foot}
      </form>
    </main>
  )
}
