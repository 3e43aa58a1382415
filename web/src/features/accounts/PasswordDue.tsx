import type { JSX } from 'preact'
import { ask } from '../../api/client'
import type { Session } from '../../api/types'
import { t } from '../../i18n'
import { DoorForm } from '../signin/DoorForm'

/** After a reset, or for a new account: nothing else works before a password is chosen. */
export function PasswordDue({ onDone }: { onDone: (session: Session) => void }): JSX.Element {
  const send = async (form: FormData): Promise<void> => {
    const chosen = form.get('password')
    if (chosen !== form.get('again')) throw new Error(t('acc.differ'))
    await ask('/api/v1/account/password', { method: 'POST', body: { new: chosen } })
    onDone(await ask<Session>('/api/v1/session'))
  }
  return (
    <DoorForm title={t('acc.dueTitle')} button={() => t('acc.save')} send={send}>
      <p class="small">{t('acc.dueLead')}</p>
      <div class="field">
        <label for="due-password">{t('acc.password')}</label>
        <input id="due-password" name="password" type="password" class="input" autocomplete="new-password" minLength={10} required />
      </div>
      <div class="field">
        <label for="due-again">{t('acc.again')}</label>
        <input id="due-again" name="again" type="password" class="input" autocomplete="new-password" required />
      </div>
    </DoorForm>
  )
}
