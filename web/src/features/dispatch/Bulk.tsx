import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { Problem } from '../../api/client'
import { Icon } from '../../ui/Icon'
import { ErrorNote, sentence } from '../../ui/states'
import { ActionForm } from './ActionForm'
import { marked, markedRows, roles, shown } from './desk'
import { forMany, isBare, type Choice } from './form'
import { actionName, actOnMany, manyResults } from './sending'
import { shortNo } from './words'

function Results(): JSX.Element | null {
  const last = manyResults.value
  if (!last) return null
  const bad = last.results.filter((one) => !one.done)
  return (
    <div class={`note ${bad.length ? 'warn' : 'ok'}`} role="status">
      <Icon name={bad.length ? 'warning' : 'check'} />
      <div class="grow">
        <p class="strong">{t('dispatch.bulkDone', { action: actionName(last.action), n: number(last.results.length - bad.length), bad: number(bad.length) })}</p>
        <ul>
          {bad.map((one) => (
            <li key={one.no}>
              {shortNo(one.no)}: {sentence(new Problem({ status: 409, ...one.problem }))}
            </li>
          ))}
        </ul>
      </div>
      <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (manyResults.value = null)}>
        <Icon name="close" />
      </button>
    </div>
  )
}

/** What can be done to all marked cases together, and what became of each. */
export function Bulk(): JSX.Element | null {
  const [choice, setChoice] = useState<Choice | null>(null)
  // what somebody else changes while a reason is being written is a change that the writer has not seen
  const [seen, setSeen] = useState<ReadonlyMap<string, number>>(new Map())
  const [failure, setFailure] = useState<unknown>(null)
  const rows = markedRows.value
  const send = async (one: Choice, body: Record<string, unknown>): Promise<boolean> => {
    try {
      await actOnMany(rows.map(({ no, revision }) => ({ no, revision: seen.get(no) ?? revision })), one.action, body)
      setFailure(null)
      return true
    } catch (cause) {
      setFailure(cause)
      return false
    }
  }
  const choose = (one: Choice | null): void => {
    setSeen(new Map(one ? rows.map(({ no, revision }) => [no, revision]) : []))
    setChoice(one)
  }
  if (rows.length === 0 && !manyResults.value) return null
  const offered = forMany(rows, roles.value)
  return (
    <section class="bulk" aria-label={t('dispatch.bulk', { n: number(rows.length) })}>
      <Results />
      {rows.length > 0 && (
        <>
          <div class="row wrap">
            <span class="strong grow">{t('dispatch.bulk', { n: number(rows.length) })}</span>
            <button type="button" class="link" onClick={() => (marked.value = new Set())}>
              {t('dispatch.bulkClear')}
            </button>
          </div>
          {choice ? (
            <ActionForm key={choice.action} prefix="many" choice={choice} masters={shown.value.filter(({ no }) => !marked.value.has(no))} onSend={(body) => send(choice, body)} onClose={() => choose(null)} />
          ) : (
            <div class="row wrap">
              {offered.map((one) => (
                <button key={one.action} type="button" class="button" onClick={() => (isBare(one) ? void send(one, {}) : choose(one))}>
                  {actionName(one.action)}
                </button>
              ))}
              {offered.length === 0 && <p class="small muted">{t('dispatch.bulkNone')}</p>}
            </div>
          )}
          {failure !== null && <ErrorNote error={failure} />}
        </>
      )}
    </section>
  )
}
