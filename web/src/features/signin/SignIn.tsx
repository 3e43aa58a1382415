import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { Session } from '../../api/types'
import { lang, t } from '../../i18n'
import { setLang } from '../../map/store'
import { ErrorNote } from '../../ui/states'
import { Logo } from '../../ui/Logo'

interface SignInProps {
  /** Why someone is asked to sign in, if there is something to say. */
  reason: string | null
  onSignedIn: (session: Session) => void
}

/** Name and password, for those who have no one-time link. */
export function SignIn({ reason, onSignedIn }: SignInProps): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    setBusy(true)
    try {
      const body = { name: form.get('name'), password: form.get('password') }
      onSignedIn(await ask<Session>('/api/v1/session', { method: 'POST', body }))
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
          <h1>{t('signin.title')}</h1>
          <span class="grow" />
          <button
            type="button"
            class="link"
            lang={lang.value === 'zh' ? 'en' : 'zh-CN'}
            onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}
          >
            {t('nav.language')}
          </button>
        </span>
        {reason && <p class="note warn">{reason}</p>}
        <div class="field">
          <label for="signin-name">{t('signin.name')}</label>
          <input id="signin-name" name="name" class="input" autocomplete="username" required />
        </div>
        <div class="field">
          <label for="signin-password">{t('signin.password')}</label>
          <input id="signin-password" name="password" type="password" class="input" autocomplete="current-password" required />
        </div>
        {failure !== null && <ErrorNote error={failure} />}
        <button type="submit" class="button primary big" aria-disabled={busy}>
          {t(busy ? 'signin.busy' : 'signin.button')}
        </button>
        <p class="small muted">{t('signin.hint')}</p>
      </form>
    </main>
  )
}
