import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { OneTimeLink } from '../../api/types'
import { t } from '../../i18n'
import { ErrorNote } from '../../ui/states'

/** An account without any role; its holder gets a link to choose a password. */
export function NewAccount({ onMade }: { onMade: (made: OneTimeLink) => void }): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null)

  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const said = new FormData(form)
    try {
      const body = { name: said.get('name'), display: said.get('display') || null, language: said.get('language') }
      onMade(await ask<OneTimeLink>('/api/v1/accounts', { method: 'POST', body }))
      setFailure(null)
      form.reset()
    } catch (cause) {
      setFailure(cause)
    }
  }

  return (
    <form class="card stack" onSubmit={(event) => void onSubmit(event)} aria-labelledby="acc-new">
      <h2 id="acc-new">{t('acc.new')}</h2>
      <div class="admin-fields">
        <div class="field">
          <label for="acc-name">{t('acc.name')}</label>
          <input id="acc-name" name="name" class="input" autocomplete="off" maxLength={64} required />
        </div>
        <div class="field">
          <label for="acc-display">{t('acc.display')}</label>
          <input id="acc-display" name="display" class="input" autocomplete="off" maxLength={120} />
        </div>
        <div class="field">
          <label for="acc-language">{t('acc.language')}</label>
          <select id="acc-language" name="language" class="input">
            <option value="zh">中文</option>
            <option value="en">English</option>
          </select>
        </div>
      </div>
      {failure !== null && <ErrorNote error={failure} />}
      <button type="submit" class="button primary">
        {t('acc.make')}
      </button>
    </form>
  )
}
