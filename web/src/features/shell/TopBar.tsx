import type { JSX } from 'preact'
import { ask, signedOut } from '../../api/client'
import { session, territories, territory } from '../../api/data'
import { heardAt, live, offlineSince, staleSeconds, stopEvents } from '../../api/events'
import { lang, t, type Key } from '../../i18n'
import { clock, number, shortClock } from '../../i18n/format'
import { DESKS } from '../../map/permalink'
import { openDesk, setLang, setLetterKeys, setTheme, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { Logo } from '../../ui/Logo'
import { Menu } from '../../ui/Menu'
import { Duties } from '../accounts/Duties'
import { keySheetOpen } from './keys'
import { Bell } from '../notices/Bell'
import { findWithCases, openHit, SearchBox } from './Search'

/** Whether what is on screen follows the server, in three forms. */
export function LiveBadge({ short }: { short?: boolean }): JSX.Element {
  const state = live.value
  const heard = heardAt.value
  if (state === 'live') {
    const text = short && heard ? clock(heard) : t('live.live')
    return (
      <span class="badge live" role="status" title={heard ? t('live.liveAt', { t: clock(heard) }) : undefined}>
        <span class="dot" />
        {text}
      </span>
    )
  }
  if (state === 'offline') {
    return (
      <span class="badge offline" role="status">
        <Icon name="offline" />
        {t('live.offline', { t: offlineSince.value ? shortClock(offlineSince.value) : '–' })}
      </span>
    )
  }
  return (
    <span class="badge stale" role="status">
      <Icon name="refresh" />
      {state === 'stale' ? t('live.stale', { n: number(staleSeconds.value) }) : t('live.connecting')}
    </span>
  )
}

function TerritoryPicker(): JSX.Element {
  const all = territories.data.value ?? []
  const label = (
    <>
      <Icon name="pin" />
      <span class="ellipsis">{territory.value?.name ?? '…'}</span>
      <Icon name="down" />
    </>
  )
  return (
    <Menu name={t('nav.territory')} buttonClass="button quiet territory" label={label}>
      {(close) =>
        all.map((one) => (
          <button
            key={one.id}
            type="button"
            aria-current={one.id === territory.value?.id}
            onClick={() => {
              store.territory.value = one.id
              store.plan.value = null
              store.grid.value = null
              store.goTo.value = { bbox: one.bbox }
              close()
            }}
          >
            <span class="grow">{one.name}</span>
            {one.demo && <span class="chip outline">{t('dispatch.demo')}</span>}
          </button>
        ))
      }
    </Menu>
  )
}

async function signOut(): Promise<void> {
  stopEvents()
  await ask('/api/v1/session', { method: 'DELETE' }).catch(() => null)
  session.value = null
  signedOut.value = true
}

function AccountMenu(): JSX.Element {
  const account = session.value?.account
  const label = (
    <>
      <Icon name="person" />
      <span class="account-name ellipsis">{account?.display || account?.name}</span>
    </>
  )
  return (
    <Menu name={t('nav.account')} buttonClass="button account" align="right" label={label}>
      {() => (
        <>
          <h3>{[account?.name, ...(account?.roles ?? [])].filter(Boolean).join(' · ')}</h3>
          <div class="rule" />
          <Duties />
          <div class="narrow-only">
            <button type="button" onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>
              {t('nav.language')}
            </button>
            <button type="button" onClick={() => setTheme(store.theme.value === 'dark' ? 'light' : 'dark')}>
              {t(store.theme.value === 'dark' ? 'nav.theme.light' : 'nav.theme.dark')}
            </button>
            <div class="rule" />
          </div>
          <label class="item">
            <input
              type="checkbox"
              checked={store.letterKeys.value}
              onChange={(event) => setLetterKeys(event.currentTarget.checked)}
            />
            {t('nav.settings.keys')}
          </label>
          <button type="button" onClick={() => (store.listChosen.value = !store.listChosen.value)}>
            <Icon name={store.listChosen.value ? 'map' : 'list'} />
            {t(store.listChosen.value ? 'list.off' : 'list.on')}
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

/** The desks as a menu, where the bar has no room for them. */
function DeskMenu(): JSX.Element {
  const label = (
    <>
      <span class="desk-name">{t(`desk.${store.desk.value}` as Key)}</span>
      <Icon name="down" />
    </>
  )
  return (
    <Menu name={t('nav.desks')} buttonClass="button quiet desk-menu" label={label}>
      {(close) =>
        DESKS.map((desk) => (
          <button
            key={desk}
            type="button"
            aria-current={store.desk.value === desk}
            onClick={() => {
              openDesk(desk)
              close()
            }}
          >
            {t(`desk.${desk}` as Key)}
          </button>
        ))
      }
    </Menu>
  )
}

/** The bar that stands over every desk. */
export function TopBar(): JSX.Element {
  const dark = store.theme.value === 'dark'
  const themeName = t(dark ? 'nav.theme.light' : 'nav.theme.dark')
  return (
    <header class="topbar">
      <span class="brand">
        <Logo />
        <span class="brand-name">{t('app.name')}</span>
        <span class="narrow-only">
          <DeskMenu />
        </span>
      </span>
      <TerritoryPicker />
      <nav class="desks" aria-label={t('nav.desks')}>
        {DESKS.map((desk) => (
          <button
            key={desk}
            type="button"
            aria-current={store.desk.value === desk ? 'page' : undefined}
            onClick={() => openDesk(desk)}
          >
            {t(`desk.${desk}` as Key)}
          </button>
        ))}
      </nav>
      <div class="top-search" role="search">
        <SearchBox
          id="search"
          shortcut
          label={t('search.label')}
          placeholder={t('search.placeholder')}
          find={findWithCases}
          onPick={openHit}
        />
      </div>
      <LiveBadge />
      <Bell />
      <button
        type="button"
        class="button quiet wide-only"
        lang={lang.value === 'zh' ? 'en' : 'zh-CN'}
        data-tip={t('nav.languageName')}
        onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}
      >
        {t('nav.language')}
      </button>
      <button
        type="button"
        class="button quiet icon-only wide-only"
        aria-label={themeName}
        data-tip={themeName}
        onClick={() => setTheme(dark ? 'light' : 'dark')}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        class="button quiet icon-only wide-only"
        aria-label={t('nav.help')}
        data-tip={`${t('nav.help')}  ?`}
        onClick={() => (keySheetOpen.value = true)}
      >
        <Icon name="help" />
      </button>
      <AccountMenu />
    </header>
  )
}
