import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../../i18n'
import { moment, number } from '../../i18n/format'
import { Icon } from '../../ui/Icon'
import { Menu } from '../../ui/Menu'
import { ErrorNote, Skeleton } from '../../ui/states'
import { arrived, loadEarlier, notices, noticesError, readAll, readOne, showUnread, startNotices, unread, unreadOnly } from './notices'
import { goToCase } from '../shell/Search'
import { isUrgent, noticeCase, noticeItem, noticeWords, type Notice } from './words'

const MOST_SHOWN = 99
const MOST_COUNTED = 1000

function open(one: Notice, close: () => void): void {
  void readOne(one)
  const no = noticeCase(one)
  if (!no) return
  close()
  goToCase(no)
}

function Line({ one, close }: { one: Notice; close: () => void }): JSX.Element {
  const fresh = one.read_at === null
  return (
    <li>
      <button type="button" class={`notice ${fresh ? 'unread' : ''}`} onClick={() => open(one, close)}>
        <span class={`notice-sign ${isUrgent(one) ? 'late' : ''}`} aria-hidden="true">
          <Icon name={isUrgent(one) ? 'alert' : one.kind === 'clock' ? 'history' : 'report'} />
        </span>
        <span class="grow notice-words">
          <span class={fresh ? 'strong' : ''}>
            {fresh && <span class="visually-hidden">{t('notices.unread')} </span>}
            {noticeWords(one)}
          </span>
          <span class="small second ellipsis">{[noticeItem(one), noticeCase(one)].filter(Boolean).join(' · ')}</span>
        </span>
        <span class="small muted num nowrap">{moment(one.at)}</span>
      </button>
    </li>
  )
}

function Panel({ close }: { close: () => void }): JSX.Element {
  const page = notices.data.value
  const failure = noticesError.value ?? (page ? null : notices.error.value)
  return (
    <div class="notices">
      <div class="row notices-head">
        <h2 class="grow">{t('notices.title')}</h2>
        <button type="button" class="link" aria-disabled={unread.value === 0} onClick={() => void (unread.value > 0 && readAll())}>
          {t('notices.readAll')}
        </button>
      </div>
      <label class="row small notices-only">
        <input type="checkbox" checked={unreadOnly.value} onChange={(event) => showUnread(event.currentTarget.checked)} />
        {t('notices.unreadOnly')}
      </label>
      {failure !== null && <ErrorNote error={failure} retry={() => void notices.load()} />}
      {!page && failure === null && <Skeleton rows={4} />}
      {page && page.notices.length === 0 && <p class="small muted pad">{t('notices.none')}</p>}
      {page && page.notices.length > 0 && (
        <ul>
          {page.notices.map((one) => (
            <Line key={one.id} one={one} close={close} />
          ))}
        </ul>
      )}
      {page?.next && (
        <button type="button" class="link notices-more" onClick={() => void loadEarlier()}>
          {t('notices.earlier')}
        </button>
      )}
    </div>
  )
}

/** The bell over every desk: how many notices are unread, and the notices. */
export function Bell(): JSX.Element {
  useEffect(startNotices, [])
  const n = unread.value
  const last = arrived.value
  const told = n >= MOST_COUNTED ? `${number(MOST_COUNTED)}+` : number(n)
  const label = (
    <>
      <Icon name="bell" />
      {n > 0 && (
        <span class="bell-count" aria-hidden="true">
          {n > MOST_SHOWN ? `${MOST_SHOWN}+` : n}
        </span>
      )}
    </>
  )
  return (
    <>
      <Menu name={n > 0 ? t('notices.bellUnread', { n: told }) : t('notices.title')} called="icon" buttonClass="button quiet icon-only bell" align="right" label={label}>
        {(close) => <Panel close={close} />}
      </Menu>
      <span class="visually-hidden" role="status">
        {last && t('notices.arrived', { words: noticeWords(last), item: noticeItem(last) })}
      </span>
    </>
  )
}
