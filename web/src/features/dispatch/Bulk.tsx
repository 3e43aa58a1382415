import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { Problem } from '../../api/client'
import type { Incident } from '../../api/types'
import { catchFocus } from '../../ui/focus'
import { Icon } from '../../ui/Icon'
import { ErrorNote, sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { ActionForm } from './ActionForm'
import { marked, markedRows, roles, shown } from './desk'
import { forMany, isBare, type Choice } from './form'
import { byLead, findLeads, forgetLeads, leads } from './leading'
import { actionName, actOnMany, AFTER_MANY, dispatchMany, manyResults } from './sending'
import { shortNo } from './words'

/**
 * The form of what is done to all marked cases, with each as it was when the form opened: what somebody else changes
 * while a reason is being written is a change that the writer has not seen.
 */
const opened = signal<{ choice: Choice; seen: ReadonlyMap<string, number> } | null>(null)
const failure = signal<unknown>(null)

function openForm(choice: Choice): void {
  opened.value = { choice, seen: new Map(markedRows.peek().map(({ no, revision }) => [no, revision])) }
}

function closeForm(): void {
  opened.value = null
  catchFocus(...AFTER_MANY)
}

async function send(choice: Choice, body: Record<string, unknown>): Promise<boolean> {
  const seen = opened.peek()?.seen
  try {
    await actOnMany(markedRows.peek().map(({ no, revision }) => ({ no, revision: seen?.get(no) ?? revision })), choice.action, body)
    failure.value = null
    return true
  } catch (cause) {
    failure.value = cause
    return false
  } finally {
    catchFocus(...AFTER_MANY)
  }
}

/** What dispatching the marked cases asks; null, and said, where not all of them wait for it. */
function dispatchChoice(): Choice | null {
  const choice = forMany(markedRows.peek(), roles.peek()).find(({ action }) => action === 'dispatch') ?? null
  if (!choice) toast(t('dispatch.notAll'))
  return choice
}

/** D on marked cases: each to the unit that leads for it, after three seconds to think; where none leads one is chosen. */
export async function dispatchMarked(): Promise<void> {
  const choice = dispatchChoice()
  const rows = markedRows.peek()
  if (!choice) return
  try {
    await findLeads(rows)
  } catch (cause) {
    toast(sentence(cause))
    return
  }
  const found = byLead(rows, leads.peek())
  if (found?.orders.length) dispatchMany(found.orders, found.leaderless)
  else if (found) openForm(choice)
}

/** U on marked cases: all to one unit. */
export function otherUnitForMarked(): void {
  const choice = dispatchChoice()
  if (choice) openForm(choice)
}

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

/** Where the marked cases would go, and for which of them nobody leads. */
function Ways({ rows }: { rows: readonly Incident[] }): JSX.Element | null {
  const found = byLead(rows, leads.value)
  if (!found) return null
  const ways = found.orders.map(({ unit, cases }) => `${unit.name} ${number(cases.length)}`)
  if (found.leaderless.length) ways.push(t('dispatch.nobodyLeads', { nos: found.leaderless.map(shortNo).join(', ') }))
  return <p class="small second">{ways.join(' · ')}</p>
}

function DispatchButtons({ rows }: { rows: readonly Incident[] }): JSX.Element {
  useEffect(() => {
    // D asks again and says what is in the way
    findLeads(rows).catch(() => undefined)
  }, [rows])
  const found = byLead(rows, leads.value)
  const [only, ...others] = found?.orders ?? []
  const one = only && others.length === 0 && found?.leaderless.length === 0 ? t('dispatch.to', { unit: only.unit.name }) : null
  const words = found && !only ? t('dispatch.chooseUnit') : (one ?? t('dispatch.eachToLead'))
  return (
    <>
      <button type="button" class="button primary" onClick={() => void dispatchMarked()}>
        <Icon name="send" />
        {words} <kbd>D</kbd>
      </button>
      {(!found || only) && (
        <button type="button" class="button" onClick={otherUnitForMarked}>
          {t('dispatch.otherUnit')} <kbd>U</kbd>
        </button>
      )}
    </>
  )
}

function Buttons({ rows }: { rows: readonly Incident[] }): JSX.Element {
  const offered = forMany(rows, roles.value)
  const dispatch = offered.some(({ action }) => action === 'dispatch')
  return (
    <>
      {dispatch && <Ways rows={rows} />}
      <div class="row wrap">
        {dispatch && <DispatchButtons rows={rows} />}
        {offered
          .filter(({ action }) => action !== 'dispatch')
          .map((one) => (
            <button key={one.action} type="button" class="button" onClick={() => (isBare(one) ? void send(one, {}) : openForm(one))}>
              {actionName(one.action)}
            </button>
          ))}
        {offered.length === 0 && <p class="small muted">{t('dispatch.bulkNone')}</p>}
      </div>
    </>
  )
}

/** What can be done to all marked cases together, and what became of each. */
export function Bulk(): JSX.Element | null {
  const rows = markedRows.value
  const none = rows.length === 0
  useEffect(() => {
    if (!none) return
    opened.value = failure.value = null
    forgetLeads()
  }, [none])
  if (none && !manyResults.value) return null
  const choice = opened.value?.choice
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
            <ActionForm key={choice.action} prefix="many" choice={choice} masters={shown.value.filter(({ no }) => !marked.value.has(no))} onSend={(body) => send(choice, body)} onClose={closeForm} />
          ) : (
            <Buttons rows={rows} />
          )}
          {failure.value !== null && <ErrorNote error={failure.value} />}
        </>
      )}
    </section>
  )
}
