import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, signedOut } from '../../api/client'
import { session } from '../../api/data'
import type { Managed, OneTimeLink } from '../../api/types'
import { lang, t } from '../../i18n'
import { setLang, setTheme, store } from '../../map/store'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { AuditTrail } from '../audit/AuditTrail'
import { Logo } from '../../ui/Logo'
import { Told } from '../notices/Told'
import { AccountCard } from './AccountCard'
import { NewAccount } from './NewAccount'

export const DUTIES = ['system_administrator', 'security_administrator', 'audit_administrator'] as const
export type Duty = (typeof DUTIES)[number]

/** Which administrator is signed in; null for business. */
export function dutyOf(): Duty | null {
  const roles = session.value?.account.roles ?? []
  return DUTIES.find((one) => roles.includes(one)) ?? null
}

const LEADS = {
  system_administrator: 'acc.leadSystem',
  security_administrator: 'acc.leadSecurity',
  audit_administrator: 'acc.leadAudit',
} as const

async function signOut(): Promise<void> {
  await ask('/api/v1/session', { method: 'DELETE' }).catch(() => null)
  session.value = null
  signedOut.value = true
}

function Link({ link }: { link: OneTimeLink }): JSX.Element {
  const [said, setSaid] = useState('')
  const address = `${location.origin}/#/sign-in?code=${encodeURIComponent(link.code)}`
  const copy = (): void => void navigator.clipboard?.writeText(address).then(() => setSaid(t('acc.copied')))
  return (
    <div class="note warn stack" role="status">
      <p>{t('acc.link', { name: link.account.name, n: link.minutes })}</p>
      <p class="one-time">
        <code>{address}</code>
      </p>
      <p class="row">
        <button type="button" class="button" onClick={copy}>
          {t('acc.copy')}
        </button>
        <span aria-live="polite">{said}</span>
      </p>
    </div>
  )
}

/** Where an administrator works: accounts, each duty with its own part and nothing of another's. */
export function AccountsPage({ duty }: { duty: Duty }): JSX.Element {
  const [all, setAll] = useState<Managed[] | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [link, setLink] = useState<OneTimeLink | null>(null)
  const [sought, setSought] = useState('')
  const dark = store.theme.value === 'dark'

  const load = async (): Promise<void> => {
    if (duty === 'audit_administrator') return
    try {
      setAll((await ask<{ accounts: Managed[] }>('/api/v1/accounts')).accounts)
      setFailure(null)
    } catch (cause) {
      setFailure(cause)
    }
  }
  useEffect(() => void load(), [])
  useEffect(() => void (document.title = `${t('acc.title')} · Gridward`), [lang.value])

  const words = sought.trim().toLowerCase()
  const shown = (all ?? []).filter((one) => `${one.name} ${one.display}`.toLowerCase().includes(words))
  return (
    <div class="admin">
      <header class="topbar">
        <span class="brand">
          <Logo />
          <span class="brand-name">{t('app.name')}</span>
        </span>
        <span class="grow" />
        <span class="small ellipsis">{session.value?.account.display}</span>
        <button type="button" class="button quiet" onClick={() => setTheme(dark ? 'light' : 'dark')}>
          {t(dark ? 'nav.theme.light' : 'nav.theme.dark')}
        </button>
        <button type="button" class="button quiet" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>
          {t('nav.language')}
        </button>
        <button type="button" class="button" onClick={() => void signOut()}>
          {t('nav.signOut')}
        </button>
      </header>
      <main class="admin-body" id="panel" tabIndex={-1}>
        <h1>{t('acc.title')}</h1>
        <p class="second">{t(LEADS[duty])}</p>
        {failure !== null && <ErrorNote error={failure} retry={() => void load()} />}
        {link && <Link link={link} />}
        {duty === 'system_administrator' && <NewAccount onMade={(made) => (setLink(made), void load())} />}
        {duty === 'audit_administrator' && <AuditTrail />}
        {duty !== 'audit_administrator' && (
          <>
            <div class="field">
              <label for="acc-filter">{t('acc.filter')}</label>
              <input id="acc-filter" class="input" type="search" value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
            </div>
            {all === null && failure === null && <Skeleton />}
            {all !== null && shown.length === 0 && <Empty icon="person" title={t('acc.none')} />}
            <ul class="accounts">
              {shown.map((one) => (
                <AccountCard key={one.id} account={one} duty={duty} onChange={() => void load()} onLink={setLink} onFail={setFailure} />
              ))}
            </ul>
          </>
        )}
        {duty === 'system_administrator' && <Told />}
      </main>
    </div>
  )
}
