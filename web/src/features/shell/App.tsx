import { effect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, NoAnswer, Problem, signedOut } from '../../api/client'
import { askEarly, forgetDesk, planGrids, session, startData } from '../../api/data'
import { startEvents, stopEvents } from '../../api/events'
import type { Session } from '../../api/types'
import { lang, t, type Key, type Lang } from '../../i18n'
import { gridNumber, number, signed } from '../../i18n/format'
import { askStyleEarly, mapOnScreen } from '../../map/engine'
import { startRamps } from '../../map/ramps'
import { listMode, signInLink, store } from '../../map/store'
import { ErrorNote, sentence } from '../../ui/states'
import { toast, Toasts } from '../../ui/toast'
import { Tooltip } from '../../ui/Tooltip'
import { AccountsPage, dutyOf } from '../accounts/AccountsPage'
import { PasswordDue } from '../accounts/PasswordDue'
import { AreasDesk } from '../areas/AreasDesk'
import { CoverageDesk } from '../coverage/CoverageDesk'
import { DispatchDesk } from '../dispatch/DispatchDesk'
import { startPlaces } from '../place/located'
import { OrganisationDesk } from '../organisation/OrganisationDesk'
import { PlannerDesk } from '../planner/PlannerDesk'
import { ReportsDesk } from '../reports/ReportsDesk'
import { SignIn } from '../signin/SignIn'
import { ListBanner } from './ListBanner'
import { KeySheet } from './KeySheet'
import { startKeys } from './keys'
import { TopBar } from './TopBar'

/** `lapsed`: the session ended in the middle of work, which waits behind the door. */
type Phase = 'asking' | 'out' | 'in' | 'lapsed' | 'unreachable'

const desks = { planner: PlannerDesk, areas: AreasDesk, organisation: OrganisationDesk, dispatch: DispatchDesk, coverage: CoverageDesk, reports: ReportsDesk }

/** What is selected, said to screen readers. */
function Announcer(): JSX.Element {
  const code = store.grid.value
  const grid = planGrids.data.value?.grids.find((one) => one.code === code)
  const had = useRef(false)
  if (grid) had.current = true
  const none = had.current ? t('grid.selectedNone') : ''
  const words =
    grid &&
    t('grid.selected', {
      n: gridNumber(grid.code),
      name: grid.name ?? '',
      households: number(grid.households),
      deviation: `${signed(grid.deviation)} %`,
    })
  return (
    <div class="visually-hidden" aria-live="polite" data-testid="selected-words">
      {words ?? none}
    </div>
  )
}

function SkipLinks(): JSX.Element {
  const go = (event: Event, selector: string): void => {
    event.preventDefault()
    document.querySelector<HTMLElement>(selector)?.focus()
  }
  return (
    <nav class="skips">
      {mapOnScreen.value && store.desk.value !== 'reports' && (
        <a href="#map-canvas" onClick={(event) => go(event, '#map-canvas')}>
          {t('skip.map')}
        </a>
      )}
      {store.desk.value !== 'reports' && (
        <a href="#table" onClick={(event) => go(event, 'table tbody tr[tabindex="0"], .queue [tabindex="0"], div#table')}>
          {t('skip.table')}
        </a>
      )}
      <a href="#panel" onClick={(event) => go(event, '#panel')}>
        {t('skip.panel')}
      </a>
    </nav>
  )
}

function Workplace(): JSX.Element {
  const Desk = desks[store.desk.value]
  useEffect(() => {
    const stops = [startData(), startPlaces(), startKeys(), startRamps()]
    startEvents()
    return () => stops.forEach((stop) => stop())
  }, [])
  useEffect(() => effect(() => void (document.title = `${t(`desk.${store.desk.value}` as Key)} · Gridward`)), [])
  return (
    <div class={`app ${listMode.value ? 'list-mode' : ''}`}>
      <SkipLinks />
      <TopBar />
      {listMode.value && <ListBanner />}
      <main class="desk">
        <Desk />
      </main>
      <Announcer />
      <KeySheet />
    </div>
  )
}

/** What somebody who is signed in gets: a password to choose, the accounts for an administrator, else a desk. */
function Inside({ onSession }: { onSession: (session: Session) => void }): JSX.Element {
  if (session.value?.account.must_change) return <PasswordDue onDone={onSession} />
  const duty = dutyOf()
  return duty ? <AccountsPage duty={duty} /> : <Workplace />
}

const IN_THE_STREET = ['grid_staff', 'handling_unit', 'inspector']
const isNarrow = (): boolean => matchMedia('(max-width: 767px)').matches

/** The whole page: signed out, unreachable, or at a desk. */
export function App({ code }: { code: string | null }): JSX.Element {
  const [phase, setPhase] = useState<Phase>('asking')
  const [reason, setReason] = useState<string | null>(null)

  const enter = (opened: Session): void => {
    session.value = opened
    signedOut.value = false
    setReason(null)
    const spoken = opened.account.language
    if (!localStorage.getItem('gridward.lang') && (spoken === 'zh' || spoken === 'en') && !location.hash.includes('lang=')) {
      lang.value = spoken as Lang
    }
    // a one-time link that was opened on a phone by somebody who works in the street
    if (code && isNarrow() && opened.account.roles.every((role) => IN_THE_STREET.includes(role))) location.hash = '#/phone'
    setPhase('in')
  }
  const start = async (): Promise<void> => {
    if (code === null && askEarly()) askStyleEarly()
    try {
      const body = { code }
      enter(await (code ? ask<Session>('/api/v1/session', { method: 'POST', body }) : ask<Session>('/api/v1/session')))
    } catch (cause) {
      if (cause instanceof NoAnswer) {
        setPhase('unreachable')
        return
      }
      // A used link may still belong to someone who is signed in already.
      const known = code ? await ask<Session>('/api/v1/session').catch(() => null) : null
      if (known) {
        enter(known)
        return
      }
      forgetDesk()
      if (code && cause instanceof Problem) setReason(t('signin.code'))
      setPhase('out')
    }
  }
  useEffect(() => void start(), [])
  useEffect(
    () =>
      effect(() => {
        if (!signedOut.value) return
        if (session.peek()) {
          // whoever signs out takes the session along; here it ended by itself
          stopEvents()
          setPhase('lapsed')
          return
        }
        forgetDesk()
        setPhase('out')
      }),
    [],
  )
  const goOn = (opened: Session): void => {
    if (opened.account.id !== session.peek()?.account.id) {
      // somebody else's work is nobody's to go on with
      location.reload()
      return
    }
    enter(opened)
    if (dutyOf() === null) startEvents()
  }

  const redeem = async (link: string): Promise<void> => {
    try {
      const opened = await ask<Session>('/api/v1/session', { method: 'POST', body: { code: link } })
      if (session.peek()) goOn(opened)
      else enter(opened)
    } catch (cause) {
      const told = cause instanceof Problem ? t('signin.code') : sentence(cause)
      // over the desk lies the form where the session had ended
      if (signedOut.peek()) setReason(told)
      else toast(told)
    }
  }
  useEffect(
    () =>
      effect(() => {
        const link = signInLink.value
        if (link === null) return
        signInLink.value = null
        void redeem(link)
      }),
    [],
  )

  return (
    <>
      {phase === 'asking' && <p class="visually-hidden" role="status">{t(code ? 'signin.redeeming' : 'common.loading')}</p>}
      {phase === 'unreachable' && (
        <main class="signin">
          <ErrorNote error={new NoAnswer({ reading: true })} retry={() => void start()} />
        </main>
      )}
      {phase === 'out' && <SignIn reason={reason} onSignedIn={enter} />}
      {(phase === 'in' || phase === 'lapsed') && (
        <div class="inside" inert={phase === 'lapsed'}>
          <Inside onSession={enter} />
        </div>
      )}
      {phase === 'lapsed' && (
        <div class="lapsed" role="dialog" aria-modal="true" aria-label={t('signin.title')}>
          <SignIn reason={reason ?? t('signin.expired')} known={session.value?.account.name ?? ''} onSignedIn={goOn} />
        </div>
      )}
      <Toasts />
      <Tooltip />
    </>
  )
}
