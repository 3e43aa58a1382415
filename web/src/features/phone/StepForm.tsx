import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t, type Key } from '../../i18n'
import { position } from '../../i18n/format'
import { SelectField, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { toast } from '../../ui/toast'
import { asksPlace, asksWorker, asksWords, entryOfStep, needsReason, noAnswers, OUTCOMES, stagesOf, stepLacks, type Answers, type Step, type StepLack } from './acting'
import type { CaseAnswer } from './cases'
import { caseWhere } from './CasesPage'
import { Photos } from './Photos'
import { whereAmI } from './places'
import { enqueue } from './queue/outbox'
import { keepWords } from './Report'
import { account } from './who'

/** The name of a step. */
export const stepName = (step: Step): string => t((step.task ? `taskAction.${step.action}` : `action.${step.action}`) as Key)

const LONGEST_SUSPENSION_DAYS = 90
const DAY_MS = 86_400_000
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

function PlaceField({ answers, set }: { answers: Answers; set: (part: Partial<Answers>) => void }): JSX.Element {
  const [failure, setFailure] = useState('')
  const locate = async (): Promise<void> => {
    try {
      const { coords } = await whereAmI()
      set({ place: { lon: coords.longitude, lat: coords.latitude } })
      setFailure('')
    } catch (cause) {
      setFailure(cause instanceof Error ? cause.message : String(cause))
    }
  }
  return (
    <div class="phone-field">
      <span class="phone-label">{t('phone.step.place')}</span>
      <div class="row wrap">
        <button type="button" class="button" onClick={() => void locate()}>
          <Icon name="target" />
          {t('phone.gps.take')}
        </button>
        {answers.place && <span class="num">{position(answers.place.lon, answers.place.lat)}</span>}
      </div>
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
    </div>
  )
}

interface StepFormProps {
  step: Step
  on: CaseAnswer
  onDone: () => void
}

/** What a step needs, and the button that takes it: it goes into the queue, so it works without a signal. */
export function StepForm({ step, on, onDone }: StepFormProps): JSX.Element {
  const [answers, setAnswers] = useState<Answers>(noAnswers)
  const [tried, setTried] = useState(false)
  const [failure, setFailure] = useState('')
  const missing = tried ? stepLacks(step, answers) : []
  const set = (part: Partial<Answers>): void => setAnswers((before) => ({ ...before, ...part }))
  const error = (lack: StepLack): string | undefined => (missing.includes(lack) ? t(`phone.lack.${lack}` as Key) : undefined)
  const take = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const who = account.peek()
    setTried(true)
    if (!who || stepLacks(step, answers).length) return
    try {
      await enqueue(entryOfStep(step, answers, on, who, Date.now(), crypto.randomUUID(), caseWhere(on.incident)))
      toast(t('phone.step.kept', { step: stepName(step) }))
      onDone()
    } catch (cause) {
      setFailure(keepWords(cause))
    }
  }
  return (
    <form class="phone-form step-form" noValidate onSubmit={(event) => void take(event)} aria-label={stepName(step)}>
      <h2 class="phone-block phone-title">{stepName(step)}</h2>
      {stagesOf(step).map((stage) => (
        <div key={stage} class="phone-block">
          <Photos stage={stage} photos={answers.photos.filter((one) => one.stage === stage)} error={error(stage)} onChange={(photos) => set({ photos: [...answers.photos.filter((one) => one.stage !== stage), ...photos] })} />
        </div>
      ))}
      <div class="phone-block stack">
        {step.needs.includes('outcome') && (
          <SelectField id="step-outcome" label={t('phone.step.outcome')} value={answers.outcome} options={OUTCOMES.map((one) => [one, t(`phone.outcome.${one}` as Key)] as const)} onChange={(outcome) => set({ outcome })} />
        )}
        {asksWorker(step) && (
          <TextField id="step-worker" label={t('phone.step.worker')} hint={t('phone.step.workerHint')} maxLength={64} value={answers.worker} onInput={(worker) => set({ worker })} />
        )}
        {step.needs.includes('review_date') && (
          <div class="field">
            <label for="step-review">{t('phone.step.review')}</label>
            <input id="step-review" type="date" class="input" min={dateOf(Date.now() + DAY_MS)} max={dateOf(Date.now() + LONGEST_SUSPENSION_DAYS * DAY_MS)} aria-invalid={Boolean(error('review_date'))} value={answers.review_date} onInput={(event) => set({ review_date: event.currentTarget.value })} />
            {error('review_date') && <span class="error">{error('review_date')}</span>}
          </div>
        )}
        {asksPlace(step) && <PlaceField answers={answers} set={set} />}
        {asksWords(step) && (
          <TextField id="step-words" label={t(needsReason(step) ? 'phone.step.reason' : 'phone.step.words')} rows={3} maxLength={500} error={error('reason')} value={answers.text} onInput={(text) => set({ text })} />
        )}
        {failure && (
          <p class="note error" role="alert">
            <Icon name="alert" />
            {failure}
          </p>
        )}
        <button type="submit" class="button primary phone-send">
          <Icon name="send" />
          {stepName(step)}
        </button>
        <button type="button" class="button phone-wide" onClick={onDone}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  )
}
