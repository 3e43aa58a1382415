import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t, tOr, type Key } from '../../i18n'
import { moment, shortClock } from '../../i18n/format'
import { ClockRing } from '../../ui/ClockRing'
import { clockOfCase, clockWords, colourNow, type Clock, type ClockColour } from '../../ui/clocks'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { stepOf, type Step } from './acting'
import { isForward, loadCase, offered, type CaseAnswer, type Medium, type Opened, type Task } from './cases'
import { caseItem } from './catalogue'
import { caseWhere, stateWords, useChanges, useNow } from './CasesPage'
import { waiting } from './queue/outbox'
import { Fate } from './Report'
import { addressOf } from './route'
import { SmallMap } from './SmallMap'
import { StepForm, stepName } from './StepForm'

/** The clock that is shown: of the stage, else of the whole case. */
function clockOf({ stage, total }: CaseAnswer['clocks']): Clock | null {
  const one = stage ?? total
  return one && { ...one, colour: one.colour as ClockColour }
}

function Facts({ of, now }: { of: CaseAnswer; now: Date }): JSX.Element {
  const { incident, clocks } = of
  const clock = clockOf(clocks) ?? clockOfCase(incident, now)
  return (
    <div class="phone-block stack">
      <div class="row">
        {clock && <ClockRing share={clock.share} colour={colourNow(clock, now)} />}
        <div class="grow">
          <p class="phone-title">{caseItem(incident)}</p>
          <p class="second">{caseWhere(incident)}</p>
        </div>
        {clock && <span class={`clock-words ${colourNow(clock, now)}`}>{clockWords(clock, now)}</span>}
      </div>
      <p class="row wrap">
        <span class="chip info">{stateWords(incident.state)}</span>
        {incident.severity === 'critical' && <span class="chip late">{t('dispatch.critical')}</span>}
        {incident.pending && <span class="chip warn">{tOr(`phone.pending.${incident.pending}`, incident.pending)}</span>}
        {incident.unit && <span class="chip outline">{incident.unit.name}</span>}
      </p>
      {incident.description && <p class="description">{incident.description}</p>}
      <p class="muted phone-small">{t('dispatch.filed', { t: moment(incident.reported_at) })}</p>
      {clock?.due_at && <p class="muted phone-small">{t(Date.parse(clock.due_at) < now.getTime() ? 'phone.case.wasDue' : 'phone.case.due', { t: moment(clock.due_at) })}</p>}
    </div>
  )
}

function Media({ media }: { media: Medium[] }): JSX.Element | null {
  if (!media.length) return null
  return (
    <ul class="phone-block tiles" aria-label={t('phone.case.photos')}>
      {media.map((one) => (
        <li key={one.id}>
          <a class="tile" href={one.url} target="_blank" rel="noopener">
            <img class="picture" src={`${one.url}?size=thumb`} alt={tOr(`phone.stage.${one.stage}`, one.stage)} loading="lazy" />
          </a>
        </li>
      ))}
    </ul>
  )
}

const ON_TASKS = ['report_in', 'done', 'sign']

function Tasks({ tasks, onStep }: { tasks: Task[]; onStep: (step: Step) => void }): JSX.Element | null {
  const open = tasks.filter((one) => one.state !== 'cancelled')
  if (!open.length) return null
  return (
    <section class="phone-block stack" aria-label={t('phone.case.tasks')}>
      <h2 class="phone-label">{t('phone.case.tasks')}</h2>
      {open.map((one) => (
        <div key={one.id} class="task-row">
          <p>
            <span class="strong">{tOr(`task.${one.kind}`, one.kind)}</span> {one.unit?.name ?? one.account?.name} <span class="muted">· {tOr(`taskState.${one.state}`, one.state)}</span>
          </p>
          <div class="row wrap">
            {one.actions
              .filter((action) => ON_TASKS.includes(action))
              .map((action) => (
                <button key={action} type="button" class="button" onClick={() => onStep({ action, task: one.id, needs: [], may: action === 'report_in' ? [] : ['text'] })}>
                  {t(`taskAction.${action}` as Key)}
                </button>
              ))}
          </div>
        </div>
      ))}
    </section>
  )
}

/** What may be done with a case: the step that goes on large, the others below. */
function Steps({ of, onStep }: { of: CaseAnswer; onStep: (step: Step) => void }): JSX.Element | null {
  const choices = offered(of.actions)
  if (!choices.length) return null
  const main = choices.find((one) => isForward(one.action))
  return (
    <div class="phone-block stack">
      {choices.map((one) => (
        <button key={one.action} type="button" class={one === main ? 'button primary phone-send' : 'button phone-wide'} onClick={() => onStep(stepOf(one))}>
          {stepName(stepOf(one))}
        </button>
      ))}
    </div>
  )
}

/** One case: what, where, until when, what was done, and what can be done on the spot. */
export function CasePage({ no }: { no: string }): JSX.Element {
  const now = useNow()
  const [opened, setOpened] = useState<Opened | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [step, setStep] = useState<Step | null>(null)
  const load = (): void => {
    loadCase(no)
      .then((found) => {
        setOpened(found)
        setFailure(null)
      })
      .catch((cause: unknown) => setFailure(cause))
  }
  useChanges(load, no)
  useEffect(() => setStep(null), [no])
  const queued = waiting.value.filter((entry) => entry.no === no)
  const answer = opened?.answer
  if (answer && step) return <StepForm key={`${step.action} ${step.task}`} step={step} on={answer} onDone={() => setStep(null)} />
  const { lon, lat } = answer?.incident ?? {}
  return (
    <article class="phone-list" data-testid="phone-case">
      <a class="back-link" href={addressOf('cases')}>
        <Icon name="left" />
        {t('phone.nav.cases')}
      </a>
      {failure !== null && (
        <div class="pad">
          <ErrorNote error={failure} retry={load} />
        </div>
      )}
      {!answer && failure === null && <Skeleton />}
      {opened?.remembered && <p class="note info pad">{t('phone.cases.remembered', { t: shortClock(new Date(opened.at)) })}</p>}
      {queued.map((one) => (
        <Fate key={one.key} of={one} />
      ))}
      {answer && (
        <>
          <Facts of={answer} now={now} />
          {typeof lon === 'number' && typeof lat === 'number' && (
            <div class="phone-map">
              <SmallMap at={{ lon, lat }} />
            </div>
          )}
          <Media media={answer.media} />
          {queued.length === 0 && <Tasks tasks={answer.tasks} onStep={setStep} />}
          {queued.length === 0 && <Steps of={answer} onStep={setStep} />}
        </>
      )}
    </article>
  )
}
