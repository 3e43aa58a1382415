import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import type { CaseFull, DeskAnswer } from '../../api/types'
import { t, tOr } from '../../i18n'
import { moment } from '../../i18n/format'
import { store } from '../../map/store'
import { catchFocus } from '../../ui/focus'
import { Icon } from '../../ui/Icon'
import { Menu } from '../../ui/Menu'
import { ErrorNote, Skeleton } from '../../ui/states'
import { Answer } from '../place/Answer'
import { wantedCase } from '../shell/Search'
import { ActionForm } from './ActionForm'
import { Asked, Clocks, Duplicates, History, Photos } from './CaseParts'
import { answer, answerError, marked, openCase } from './desk'
import { EditReport } from './EditReport'
import { arranged, isBare, isGrave, type Choice, type Values } from './form'
import { mayPlace, PlaceForm, PlaceLacks, placing, startPlacing } from './PlaceForm'
import { acknowledged } from './order'
import { CriticalChip, StateChip } from './Queue'
import { act, actionName, dispatchTo, handedLink, isUnderway, refusal, type Unit } from './sending'
import { dueTask, takeTask, taskName, Tasks } from './Tasks'
import { itemWords, placeWords } from './words'

/** The action whose form is open in the card. */
export const opened = signal<{ no: string; choice: Choice; values: Values } | null>(null)

type Action = CaseFull['actions'][number]

const FOOT = '.incident-card .panel-foot'
/** Whether the form was opened by a key on the row of its case: there the focus goes back to. */
let fromRow = false

function openForm(of: CaseFull, choice: Choice, values: Values = {}): void {
  fromRow = document.activeElement?.getAttribute('data-key') === of.incident.no
  opened.value = { no: of.incident.no, choice, values }
}

/** Closes the form of an action, done or not; the focus goes back to where it was opened. */
export function closeForm(): void {
  const no = opened.peek()?.no
  opened.value = null
  catchFocus(...(fromRow && no ? [`[data-key="${CSS.escape(no)}"]`] : []), FOOT)
}

/** Does what a button says: at once where nothing is asked, else its form opens. */
function begin(of: CaseFull, choice: Action): void {
  if (isBare(choice)) void act(of.incident, choice.action, {}).then(() => catchFocus(FOOT))
  else openForm(of, choice)
}

const find = (of: CaseFull | undefined, name: (action: string) => boolean): Action | undefined => of?.actions.find(({ action }) => name(action))

/** D: to the unit that leads, after three seconds to think; where none leads one is chosen. */
export function dispatchKey(): void {
  const now = answer.peek()
  const choice = find(now?.case, (action) => action === 'dispatch')
  if (!now || !choice) return
  if (now.lead_unit) dispatchTo(now, now.lead_unit)
  else openForm(now.case, choice)
}

/** U: to another unit than the one that leads. */
export function otherUnitKey(): void {
  const now = answer.peek()
  const choice = find(now?.case, (action) => action === 'dispatch')
  if (now && choice) openForm(now.case, choice)
}

/** L: links to the likeliest case, asking which. */
export function linkKey(): void {
  const now = answer.peek()
  const choice = find(now?.case, (action) => action === 'link_duplicate')
  if (now && choice) openForm(now.case, choice, { master: now.case.proposed[0]?.no ?? '' })
}

/** A and F: decide on the request that waits. */
export function decideKey(way: 'approve' | 'refuse'): void {
  const now = answer.peek()
  const choice = find(now?.case, (action) => action === `${way}_${now?.case.incident.pending}`)
  if (now && choice) begin(now.case, choice)
}

function Head({ of }: { of: CaseFull }): JSX.Element {
  const one = of.incident
  const taken = acknowledged(of.transitions)
  const notes = [
    one.unit && t('dispatch.unitHas', { unit: one.unit.name }),
    one.cycle > 1 && t('dispatch.cycle', { n: one.cycle }),
    one.rework_count > 0 && t('dispatch.rework', { n: one.rework_count }),
    one.self_handled && t('dispatch.selfHandled'),
    one.referred_to,
  ].filter(Boolean)
  return (
    <header class="pad">
      <div class="row wrap">
        <h2 class="card-title panel-focus" tabIndex={-1}>
          {itemWords(one)}
        </h2>
        <CriticalChip one={one} />
        <StateChip one={one} />
        {one.supervised && <span class="chip warn">{t('dispatch.supervised')}</span>}
        {one.demo && <span class="chip outline">{t('dispatch.demo')}</span>}
      </div>
      <p class="small second row">
        <span class="grow">{placeWords(one)}</span>
        <span class="muted nowrap">{one.no}</span>
      </p>
      <p class="small muted">
        {t('dispatch.came', { channel: tOr(`dispatch.channel.${one.channel}`, one.channel), t: moment(one.reported_at), how: tOr(`dispatch.by.${one.located_by}`, one.located_by) })}
      </p>
      {notes.length > 0 && <p class="small second">{notes.join(' · ')}</p>}
      {taken && <p class="small second">{t('dispatch.acknowledged', { who: taken.actor?.name ?? t('dispatch.system'), t: moment(taken.at) })}</p>}
      {one.master_no && (
        <button type="button" class="link" onClick={() => (store.incident.value = one.master_no)}>
          {t('dispatch.masterIs', { no: one.master_no })}
        </button>
      )}
      <PlaceLacks one={one} />
      <Clocks of={of} />
      {one.description && <p class="description">{one.description}</p>}
      <Asked of={of} />
    </header>
  )
}

const KEY_OF = (action: string): string | null => (action === 'dispatch' ? 'D' : action.startsWith('approve_') ? 'A' : action.startsWith('refuse_') ? 'F' : null)

function DispatchButtons({ of, lead }: { of: DeskAnswer; lead: Unit | null }): JSX.Element {
  // the keys are for what is marked, where something is
  const single = marked.value.size === 0
  return (
    <>
      <button type="button" class="button primary big grow" onClick={dispatchKey}>
        <Icon name="send" />
        <span class="ellipsis">{lead ? t('dispatch.to', { unit: lead.name }) : t('dispatch.chooseUnit')}</span> {single && <kbd>D</kbd>}
      </button>
      {lead && (
        <button type="button" class="button big" onClick={otherUnitKey} data-no-of={of.case.incident.no}>
          {t('dispatch.otherUnit')} {single && <kbd>U</kbd>}
        </button>
      )}
    </>
  )
}

function Foot({ of, onEdit }: { of: DeskAnswer; onEdit: () => void }): JSX.Element {
  const { first, second, rest } = arranged(of.case.actions, of.case.incident.pending, acknowledged(of.case.transitions) && 'acknowledge_referral')
  const plain = (choice: Action, kind: string): JSX.Element => (
    <button key={choice.action} type="button" class={`button big ${kind}`} onClick={() => begin(of.case, choice)}>
      <span class="ellipsis">{actionName(choice.action)}</span> {KEY_OF(choice.action) && <kbd>{KEY_OF(choice.action)}</kbd>}
    </button>
  )
  const busy = isUnderway(of.case.incident.no)
  const due = first ? null : dueTask(of.case)
  return (
    <footer class="panel-foot" role="group" aria-label={t('dispatch.steps')} tabIndex={-1} aria-busy={busy}>
      {first?.action === 'dispatch' && <DispatchButtons of={of} lead={of.lead_unit} />}
      {first && first.action !== 'dispatch' && plain(first, 'primary grow')}
      {second && plain(second, '')}
      {due && (
        <button key={due.action} type="button" class="button big primary grow" onClick={() => takeTask(of.case, due.task, due.action)}>
          <span class="ellipsis">{taskName(due.action)}</span>
        </button>
      )}
      {!first && !due && <p class="small muted grow">{t('dispatch.nothingToDo')}</p>}
      <Menu name={t('dispatch.more')} buttonClass="button big icon-only" called="icon" align="right" up label={<Icon name="more" />}>
        {(close) => (
          <>
            {rest.map((choice) => (
              <button
                key={choice.action}
                type="button"
                class={isGrave(choice.action) ? 'grave' : ''}
                onClick={() => {
                  close()
                  begin(of.case, choice)
                }}
              >
                {actionName(choice.action)}
              </button>
            ))}
            {rest.length > 0 && <div class="rule" />}
            <button
              type="button"
              onClick={() => {
                close()
                onEdit()
              }}
            >
              <Icon name="edit" />
              {t('dispatch.edit')}
            </button>
            {mayPlace(of.case.incident) && (
              <button
                type="button"
                onClick={() => {
                  close()
                  startPlacing(of.case.incident)
                }}
              >
                <Icon name="pin" />
                {t('case.setPlace')}
              </button>
            )}
          </>
        )}
      </Menu>
    </footer>
  )
}

function HandedLink({ no }: { no: string }): JSX.Element | null {
  const link = handedLink.value
  if (link?.no !== no) return null
  return (
    <div class="note info">
      <Icon name="people" />
      <span class="grow">
        {t('dispatch.followLink')}
        <input class="input" readOnly aria-label={t('dispatch.followLink')} value={link.address} onFocus={(event) => event.currentTarget.select()} />
      </span>
      <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (handedLink.value = null)}>
        <Icon name="close" />
      </button>
    </div>
  )
}

/** A case with everything that is answered about it; the order of its parts never changes. */
export function CaseCard({ no }: { no: string }): JSX.Element {
  const [editing, setEditing] = useState(false)
  const now = answer.value?.case.incident.no === no ? answer.value : null
  const form = opened.value?.no === no ? opened.value : null
  useEffect(() => () => void (opened.value = placing.value = null), [no])
  const isHere = now !== null
  useLayoutEffect(() => {
    if (!isHere || wantedCase.value !== no) return
    wantedCase.value = null
    document.querySelector<HTMLElement>('.incident-card .panel-focus')?.focus()
  }, [isHere, wantedCase.value])
  if (!now) {
    return answerError.value ? (
      <div class="pad">
        <ErrorNote error={answerError.value} retry={() => void openCase(no)} />
      </div>
    ) : (
      <Skeleton />
    )
  }
  const masters = now.case.proposed
  const choice = form && (now.case.actions.find(({ action }) => action === form.choice.action) ?? null)
  return (
    <article class="incident-card" data-testid="incident" aria-label={itemWords(now.case.incident)}>
      <div class="place-body">
        <Head of={now.case} />
        <HandedLink no={no} />
        {now.located && <Answer answer={now.located as never} onFix={mayPlace(now.case.incident) ? (at) => startPlacing(now.case.incident, at) : undefined} />}
        <Duplicates of={now.case} />
        <Tasks of={now.case} />
        <Photos of={now.case} />
        <History of={now.case} />
      </div>
      {refusal.value?.no === no && <ErrorNote error={refusal.value.error} retry={undefined} />}
      {placing.value === no ? (
        <PlaceForm one={now.case.incident} />
      ) : form && choice ? (
        <ActionForm
          key={choice.action}
          choice={choice}
          values={form.values}
          masters={masters}
          onSend={(body) => act(now.case.incident, choice.action, body)}
          onClose={closeForm}
        />
      ) : (
        <Foot of={now} onEdit={() => setEditing(true)} />
      )}
      {editing && <EditReport one={now.case.incident} onClose={() => setEditing(false)} />}
    </article>
  )
}
