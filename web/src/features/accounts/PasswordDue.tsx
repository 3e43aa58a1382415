import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { Session } from '../../api/types'
import { t } from '../../i18n'
import { ErrorNote } from '../../ui/states'
import { Logo } from '../../ui/Logo'

/** After a reset, or for a new account: nothing else works before a password is chosen. */
export function PasswordDue({ onDone }: { onDone: (session: Session) => void }): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const chosen = form.get('password')
    if (chosen !== form.get('again')) {
      setFailure(new Error(t('acc.differ')))
      return
    }
    setBusy(true)
    try {
      await ask('/api/v1/account/password', { method: 'POST', body: { new: chosen } })
      onDone(await ask<Session>('/api/v1/session'))
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
          <h1>{t('acc.dueTitle')}</h1>
        </span>
        <p class="small">{t('acc.dueLead')}</p>
        <div class="field">
          <label for="due-password">{t('acc.password')}</label>
          <input id="due-password" name="password" type="password" class="input" autocomplete="new-password" minLength={10} required />
        </div>
        <div class="field">
          <label for="due-again">{t('acc.again')}</label>
          <input id="due-again" name="again" type="password" class="input" autocomplete="new-password" required />
        </div>
        {failure !== null && <ErrorNote error={failure} />}
        <button type="submit" class="button primary big" aria-disabled={busy}>
          {t('acc.save')}
        </button>
      </form>
    </main>
  )
}
