import { effect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, NoAnswer, signedOut } from '../../api/client'
import { layers, session, territories, territory } from '../../api/data'
import { startEvents, stopEvents } from '../../api/events'
import type { Session } from '../../api/types'
import { lang, t, type Key } from '../../i18n'
import { number } from '../../i18n/format'
import { listMode, setLang, setTheme, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { Logo } from '../../ui/Logo'
import { Menu } from '../../ui/Menu'
import { Toasts } from '../../ui/toast'
import { PasswordDue } from '../accounts/PasswordDue'
import { SignIn } from '../signin/SignIn'
import { CasePage } from './CasePage'
import { CasesPage } from './CasesPage'
import { loadItems } from './catalogue'
import { readDraft } from './draft'
import { keepPage, newer, online } from './online'
import { startOutbox, waiting } from './queue/outbox'
import { ReportPage } from './Report'
import { addressOf, PAGES, route, speak, type Page } from './route'
import { WaitingPage } from './Waiting'
import { account, remember } from './who'

const ICONS: Record<Page, string> = { report: 'plus', cases: 'list', waiting: 'refresh' }

function Badge(): JSX.Element {
  const there = online.value
  return (
    <span class={`badge ${there ? 'live' : 'offline'}`} role="status">
      {there ? <span class="dot" /> : <Icon name="offline" />}
      {t(there ? 'phone.online' : 'phone.offline')}
    </span>
  )
}

async function signOut(): Promise<void> {
  stopEvents()
  await ask('/api/v1/session', { method: 'DELETE' }).catch(() => null)
  session.value = null
  remember(null)
  signedOut.value = true
}

function MoreMenu(): JSX.Element {
  const dark = store.theme.value === 'dark'
  return (
    <Menu name={t('nav.account')} called="icon" align="right" buttonClass="button quiet icon-only" label={<Icon name="more" />}>
      {(close) => (
        <>
          <h3>{account.value?.display || account.value?.name}</h3>
          <button type="button" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => (setLang(lang.value === 'zh' ? 'en' : 'zh'), close())}>
            {t('nav.language')}
          </button>
          <button type="button" onClick={() => (setTheme(dark ? 'light' : 'dark'), close())}>
            {t(dark ? 'nav.theme.light' : 'nav.theme.dark')}
          </button>
          <button type="button" onClick={() => ((store.listChosen.value = !store.listChosen.value), close())}>
            {t(listMode.value ? 'list.off' : 'list.on')}
          </button>
          <button type="button" onClick={() => void signOut()}>
            <Icon name="signOut" />
            {t('nav.signOut')}
          </button>
        </>
      )}
    </Menu>
  )
}

function Foot(): JSX.Element {
  const here = route.value
  return (
    <nav class="phone-nav" aria-label={t('phone.nav')}>
      {PAGES.map((page) => (
        <a key={page} href={addressOf(page)} aria-current={here.page === page ? 'page' : undefined}>
          <span class="nav-icon">
            <Icon name={ICONS[page]} />
            {page === 'waiting' && waiting.value.length > 0 && (
              <span class="nav-count">
                {number(waiting.value.length)}
                <span class="visually-hidden"> {t('phone.nav.count')}</span>
              </span>
            )}
          </span>
          {t(`phone.nav.${page}` as Key)}
        </a>
      ))}
    </nav>
  )
}

function OnScreen(): JSX.Element {
  const { page, no } = route.value
  if (page === 'waiting') return <WaitingPage />
  if (page === 'cases') return no ? <CasePage key={no} no={no} /> : <CasesPage />
  return <ReportPage />
}

function Inside({ onSignIn }: { onSignIn: () => void }): JSX.Element {
  const here = route.value
  const title = here.no ?? t(`phone.title.${here.page}` as Key)
  useEffect(() => {
    void readDraft()
    return startOutbox()
  }, [account.value?.id])
  useEffect(() => {
    if (!session.value) return
    void territories.load()
    void layers.load()
    startEvents()
  }, [session.value?.account.id])
  // every territory has a catalogue of its own; without a session the one that is kept serves
  useEffect(() => void loadItems(), [session.value?.account.id, territory.value?.id])
  useEffect(() => void (document.title = `${title} · Gridward`), [title])
  useEffect(() => scrollTo({ top: 0 }), [here.page, here.no])
  return (
    <div class="phone">
      <header class="phone-head">
        <Logo />
        <h1>{title}</h1>
        <Badge />
        <MoreMenu />
      </header>
      {newer.value && (
        <p class="note info phone-note" role="status">
          <span class="grow">{t('phone.newer')}</span>
          <button type="button" class="link" onClick={() => location.reload()}>
            {t('phone.reload')}
          </button>
        </p>
      )}
      {signedOut.value && (
        <p class="note warn phone-note" role="status">
          <span class="grow">{t('phone.signedOut')}</span>
          <button type="button" class="link" onClick={onSignIn}>
            {t('signin.button')}
          </button>
        </p>
      )}
      <main>
        <OnScreen />
      </main>
      <Foot />
    </div>
  )
}

type Phase = 'asking' | 'out' | 'in'

/** The phone page: signed out, or at work, with a signal or without. */
export function PhoneApp(): JSX.Element {
  const [phase, setPhase] = useState<Phase>('asking')
  const enter = (opened: Session): void => {
    session.value = opened
    signedOut.value = false
    remember(opened.account)
    speak(opened.account.language)
    setPhase('in')
  }
  const start = async (): Promise<void> => {
    try {
      enter(await ask<Session>('/api/v1/session'))
    } catch (cause) {
      // without a signal whoever worked here last goes on; what waits goes out once the server knows them again
      if (cause instanceof NoAnswer && account.peek()) setPhase('in')
      else setPhase('out')
    }
  }
  useEffect(() => {
    keepPage()
    void start()
    return effect(() => {
      // a page that was opened without a signal learns who is signed in when it comes back
      if (online.value && !session.peek() && account.peek() && !signedOut.peek()) void start()
    })
  }, [])
  useEffect(
    () =>
      effect(() => {
        if (signedOut.value && !account.peek()) setPhase('out')
      }),
    [],
  )
  const due = session.value?.account.must_change
  return (
    <>
      {phase === 'asking' && (
        <p class="visually-hidden" role="status">
          {t('common.loading')}
        </p>
      )}
      {phase === 'out' && <SignIn reason={null} onSignedIn={enter} />}
      {phase === 'in' && (due ? <PasswordDue onDone={enter} /> : <Inside onSignIn={() => setPhase('out')} />)}
      <Toasts />
    </>
  )
}
