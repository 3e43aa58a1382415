import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t, type Key } from '../../i18n'
import { bytes, number, shortClock } from '../../i18n/format'
import { refusalZh } from '../../i18n/problems'
import { lang } from '../../i18n'
import { span } from '../../ui/clocks'
import { Icon } from '../../ui/Icon'
import { Empty } from '../../ui/states'
import { online } from './online'
import { Picture } from './Photos'
import { sizeOf, type Entry } from './queue/entry'
import { drop, others, retry, retryAll, sending, sent, waiting } from './queue/outbox'
import { addressOf } from './route'

/** What an entry is, beside its title. */
function whatWords({ act, report, place }: Entry): string {
  const step = act && !report ? t((act.task ? `taskAction.${act.action}` : `action.${act.action}`) as Key) : ''
  return [place, step].filter(Boolean).join(' · ')
}

/** Why the server refused an entry. */
function refusal({ problem }: Entry): string {
  if (!problem) return ''
  if (problem.code === 'moved-on') return t('phone.refused.movedOn')
  const zh = lang.value === 'zh' ? refusalZh({ ...problem.body, status: 0, code: problem.code }) : null
  return zh ?? problem.detail ?? problem.code
}

function stateWords(one: Entry): string {
  const still = one.photos.filter((photo) => photo.media === null && photo.blob).length
  const size = still ? t(still === 1 ? 'phone.wait.photo' : 'phone.wait.photos', { n: number(still), size: bytes(sizeOf(one)) }) : ''
  const why = sending.value === one.key ? t('phone.wait.sending') : one.problem?.code === 'not-signed-in' ? t('phone.wait.signIn') : t(online.value && one.tries === 0 ? 'phone.wait.turn' : one.problem ? 'phone.wait.server' : 'phone.wait.signal')
  return [why, size].filter(Boolean).join(' · ')
}

function Row({ one }: { one: Entry }): JSX.Element {
  const [asked, setAsked] = useState(false)
  const refused = one.state === 'refused'
  const arrived = one.sent_at !== null
  const keptFor = arrived ? (one.sent_at ?? 0) - one.made_at : 0
  const delay = keptFor > 60_000 ? `, ${t('phone.sent.kept', { t: span(keptFor) })}` : ''
  return (
    <li class="wait-row">
      <Picture of={one.photos[0]?.thumb ?? null} alt="" />
      <div class="grow">
        <p class="phone-title ellipsis">{one.title}</p>
        <p class="second">{whatWords(one)}</p>
        {arrived ? (
          <p class="ok-words">
            <Icon name="check" /> {t('phone.sent.arrived', { t: shortClock(new Date(one.sent_at ?? 0)) })}
            {one.no && (
              <>
                {' '}
                {t('phone.sent.as')} <a href={addressOf('cases', one.no)}>{one.no}</a>
              </>
            )}
            {delay}
          </p>
        ) : refused ? (
          <p class="late-words" role="alert">
            <Icon name="alert" /> {t('phone.wait.refused', { why: refusal(one) })}
          </p>
        ) : (
          <p class="wait-words">
            <Icon name={sending.value === one.key ? 'refresh' : 'pause'} /> {stateWords(one)}
          </p>
        )}
        {refused && (
          <div class="row wrap wait-actions">
            <button type="button" class="button" onClick={() => void retry(one.key)}>
              {t('phone.wait.again')}
            </button>
            <button type="button" class="button danger" onClick={() => (asked ? void drop(one.key) : setAsked(true))}>
              {t(asked ? 'phone.wait.dropSure' : 'phone.wait.drop')}
            </button>
          </div>
        )}
      </div>
      <span class="muted phone-small">{shortClock(new Date(one.made_at))}</span>
    </li>
  )
}

/** What waits to be sent, and what arrived today. */
export function WaitingPage(): JSX.Element {
  const many = waiting.value.length
  return (
    <div class="phone-list">
      {many > 0 && (
        <div class="safe-note" role="status">
          <Icon name="offline" />
          <div>
            <p class="phone-title">{t(many === 1 ? 'phone.safe.one' : 'phone.safe', { n: number(many) })}</p>
            <p class="second phone-small">{t('phone.safe.hint')}</p>
          </div>
        </div>
      )}
      {others.value > 0 && <p class="note info pad">{t('phone.others', { n: number(others.value) })}</p>}
      <ul>
        {waiting.value.map((one) => (
          <Row key={one.key} one={one} />
        ))}
      </ul>
      {many === 0 && sent.value.length === 0 && <Empty icon="check" title={t('phone.wait.none')} hint={t('phone.wait.noneHint')} />}
      {sent.value.length > 0 && (
        <>
          <h2 class="list-head">{t('phone.sentToday')}</h2>
          <ul>
            {sent.value.map((one) => (
              <Row key={one.key} one={one} />
            ))}
          </ul>
        </>
      )}
      {waiting.value.some((one) => one.state === 'waiting') && (
        <div class="phone-block bare">
          <button type="button" class="button phone-wide" onClick={() => void retryAll()}>
            <Icon name="refresh" />
            {t('phone.wait.now')}
          </button>
        </div>
      )}
    </div>
  )
}
