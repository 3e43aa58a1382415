import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ask } from '../../api/client'
import type { Session } from '../../api/types'
import { lang, t } from '../../i18n'
import { setLang } from '../../map/store'
import { DoorForm } from './DoorForm'

interface SignInProps {
  /** Why someone is asked to sign in, if there is something to say. */
  reason: string | null
  /** Who was signed in until a moment ago. */
  known?: string
  onSignedIn: (session: Session) => void
}

/** Name and password, for those who have no one-time link. */
export function SignIn({ reason, known = '', onSignedIn }: SignInProps): JSX.Element {
  const password = useRef<HTMLInputElement>(null)
  useEffect(() => void (known && password.current?.focus()), [])
  const send = async (form: FormData): Promise<void> => {
    const body = { name: form.get('name'), password: form.get('password') }
    onSignedIn(await ask<Session>('/api/v1/session', { method: 'POST', body }))
  }
  const language = (
    <>
      <span class="grow" />
      <button
        type="button"
        class="link"
        lang={lang.value === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}
      >
        {t('nav.language')}
      </button>
    </>
  )
  return (
    <DoorForm
      title={t('signin.title')}
      aside={language}
      button={(busy) => t(busy ? 'signin.busy' : 'signin.button')}
      send={send}
      foot={<p class="small muted">{t('signin.hint')}</p>}
    >
      {reason && <p class="note warn">{reason}</p>}
      <div class="field">
        <label for="signin-name">{t('signin.name')}</label>
        <input id="signin-name" name="name" class="input" autocomplete="username" defaultValue={known} required />
      </div>
      <div class="field">
        <label for="signin-password">{t('signin.password')}</label>
        <input ref={password} id="signin-password" name="password" type="password" class="input" autocomplete="current-password" required />
      </div>
    </DoorForm>
  )
}
