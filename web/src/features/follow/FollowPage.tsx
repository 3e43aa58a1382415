import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, Problem } from '../../api/client'
import type { components } from '../../api/schema'
import { lang, t, tOr, type Key } from '../../i18n'
import { moment } from '../../i18n/format'
import { TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { Head } from '../public/Head'

type Followed = components['schemas']['FollowOut']
type FollowAction = Followed['actions'][number]

const SCORES = [1, 2, 3, 4, 5] as const
const DONE: Record<FollowAction, Key> = { rate: 'follow.rated', reopen: 'follow.reopened', appeal: 'follow.appealed' }

type Send = (body: Partial<components['schemas']['FollowIn']> & { action: FollowAction }) => Promise<void>

function Rating({ send }: { send: Send }): JSX.Element {
  const [score, setScore] = useState(0)
  const [tried, setTried] = useState(false)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setTried(true)
    if (score) void send({ action: 'rate', score })
  }
  return (
    <form class="phone-block stack" noValidate onSubmit={submit}>
      <fieldset>
        <legend class="phone-title">{t('follow.rate')}</legend>
        <div class="stars">
          {SCORES.map((one) => (
            <label key={one} class={one <= score ? 'on' : ''}>
              <input type="radio" name="score" value={one} checked={score === one} aria-label={t('follow.score', { n: one })} onChange={() => setScore(one)} />
              <Icon name="star" />
            </label>
          ))}
        </div>
      </fieldset>
      {tried && !score && (
        <p class="error" role="alert">
          {t('follow.lack.score')}
        </p>
      )}
      <button type="submit" class="button primary phone-send">
        {t('follow.rate.send')}
      </button>
    </form>
  )
}

/** Words why it should go on: a reopening or an appeal. */
function Saying({ action, send }: { action: 'reopen' | 'appeal'; send: Send }): JSX.Element {
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setTried(true)
    if (text.trim()) void send({ action, reason: text.trim() })
  }
  return (
    <div class="phone-block">
      {!open && (
        <button type="button" class="button phone-send" onClick={() => setOpen(true)}>
          {t(`follow.${action}`)}
        </button>
      )}
      {open && (
        <form class="stack" noValidate onSubmit={submit}>
          <TextField id={`follow-${action}`} label={t(`follow.${action}.why`)} rows={3} maxLength={500} error={tried && !text.trim() ? t('follow.lack.text') : null} value={text} onInput={setText} />
          <button type="submit" class="button phone-send">
            {t(`follow.${action}.send`)}
          </button>
        </form>
      )}
    </div>
  )
}

/** How a report is getting on, for whoever holds its link; once, a word on how it ended. */
export function FollowPage({ token }: { token: string }): JSX.Element {
  const [one, setOne] = useState<Followed | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [refusal, setRefusal] = useState<unknown>(null)
  const [done, setDone] = useState<FollowAction | null>(null)
  const path = `/api/v1/follow/${encodeURIComponent(token)}`
  const load = (): void => {
    setFailure(null)
    ask<Followed>(path).then(setOne, setFailure)
  }
  useEffect(load, [])
  useEffect(() => void (document.title = `${t('follow.title')} · Gridward`), [lang.value])
  const send: Send = async (body) => {
    setRefusal(null)
    try {
      setOne(await ask<Followed>(path, { method: 'POST', body }))
      setDone(body.action)
    } catch (cause) {
      setRefusal(cause)
    }
  }
  const unknown = failure instanceof Problem && [401, 403, 404, 410, 422].includes(failure.status)
  const state = one?.state.toLowerCase() ?? ''
  // whoever comes back to the link sees why nothing can be said any more
  const said = done ?? (one?.rated && one.state === 'CLOSED' ? 'rate' : null)
  return (
    <div class="public">
      <Head title={t('follow.title')} />
      <main>
        {unknown && <Empty icon="history" title={t('follow.unknown')} hint={t('follow.unknownHint')} />}
        {failure !== null && !unknown && (
          <div class="pad">
            <ErrorNote error={failure} retry={load} />
          </div>
        )}
        {!one && failure === null && <Skeleton rows={4} />}
        {one && (
          <>
            <section class="phone-block stack" data-testid="followed">
              <h2 class="phone-title">{lang.value === 'zh' ? one.item_zh : one.item_en}</h2>
              <p class="muted phone-small">
                {one.no} · {t('follow.reported', { t: moment(one.reported_at) })}
              </p>
              <p class="row wrap" role="status">
                <span class="chip info">{tOr(`state.${state}`, one.state)}</span> <span class="muted phone-small">{t('follow.since', { t: moment(one.state_at) })}</span>
              </p>
              <p>{tOr(`follow.words.${state}`, one.state)}</p>
            </section>
            {said && (
              <p class="note ok" role="status">
                <Icon name="check" />
                {t(DONE[said])}
              </p>
            )}
            {refusal !== null && (
              <div class="pad">
                <ErrorNote error={refusal} />
              </div>
            )}
            {one.actions.includes('rate') && <Rating send={send} />}
            {one.actions.includes('reopen') && <Saying action="reopen" send={send} />}
            {one.actions.includes('appeal') && <Saying action="appeal" send={send} />}
            {one.actions.length > 1 && <p class="muted phone-small pad centred">{t('follow.once')}</p>}
          </>
        )}
      </main>
    </div>
  )
}
