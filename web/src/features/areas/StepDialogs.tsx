import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { FormDialog, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { toast } from '../../ui/toast'
import { needsReason, person } from '../planner/life/life'
import { isAuthor, type Step } from '../planner/life/steps'
import { dayOf, stepName } from '../planner/life/words'
import { fieldOf } from '../planner/life/PublishDialog'
import { asking, publish, take, whole, type AreaChange } from './areas'
import { today } from '../planner/life/days'

const close = (): void => void (asking.value = null)

function Ask({ of, step }: { of: AreaChange; step: Step }): JSX.Element {
  const [words, setWords] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const reasoned = needsReason(step)
  const wrong = reasoned && words.trim() === ''
  const go = async (): Promise<void> => {
    setTried(true)
    if (wrong || busy) return
    setBusy(true)
    try {
      await take(of, step, words.trim(), reasoned)
      close()
      toast(t(`life.done.${step}`, { name: of.name }))
    } catch (cause) {
      setFailure(cause)
      setBusy(false)
    }
  }
  const label = reasoned ? t('life.reason') : t('life.note')
  return (
    <FormDialog
      title={`${stepName(step)}: ${of.name}`}
      hint={t(`areas.hint.${step}` as 'areas.hint.submit')}
      width={480}
      form="area-step-form"
      submit={stepName(step)}
      danger={step === 'delete'}
      barred={busy}
      onSubmit={() => void go()}
      onClose={close}
    >
      {step !== 'delete' && (
        <TextField id="area-step-words" label={label} autofocus rows={3} maxLength={2000} value={words} onInput={setWords} error={tried && wrong ? t('life.reasonError') : null} />
      )}
      {failure !== null && <ErrorNote error={failure} />}
    </FormDialog>
  )
}

function Publish({ of }: { of: AreaChange }): JSX.Element {
  const [basis, setBasis] = useState(of.basis)
  const [day, setDay] = useState(of.effective_on ?? '')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const mine = isAuthor(of, person.value)
  const at = fieldOf(failure)
  const said = failure instanceof Error ? failure.message : ''
  const go = async (): Promise<void> => {
    setTried(true)
    if (busy || !basis.trim()) return
    setBusy(true)
    try {
      const done = await publish(of, basis.trim(), day)
      close()
      toast(done.status === 'scheduled' ? t('areas.scheduled', { name: of.name, day: dayOf(done.effective_on) }) : t('life.done.publish', { name: of.name }))
    } catch (cause) {
      setFailure(cause)
      setBusy(false)
    }
  }
  const hint = day > today() ? t('areas.dayLater') : day && day < today() ? t('areas.dayBefore') : t('areas.dayToday')
  return (
    <FormDialog
      title={t('planner.publishTitle', { name: of.name })}
      hint={t('areas.hint.publish')}
      width={560}
      form="area-publish-form"
      submit={t('planner.publish')}
      barred={busy}
      onSubmit={() => void go()}
      onClose={close}
    >
      <p class={`note ${mine ? 'warn' : 'info'}`}>
        <Icon name={mine ? 'warning' : 'people'} />
        <span>{mine ? t('areas.secondMine') : of.author ? t('areas.secondOther', { author: of.author }) : t('areas.secondNone')}</span>
      </p>
      <TextField
        id="area-basis"
        label={t('planner.basis')}
        autofocus
        maxLength={500}
        value={basis}
        onInput={setBasis}
        error={at === 'basis' ? said : tried && !basis.trim() ? t('planner.basisError') : null}
        hint={t('areas.basisHint')}
      />
      <div class="field">
        <label for="area-day">{t('areas.firstDay')}</label>
        <input id="area-day" type="date" class="input" value={day} aria-invalid={at === 'effective_on'} aria-describedby="area-day-hint" onInput={(event) => setDay(event.currentTarget.value)} />
        <span id="area-day-hint" class={at === 'effective_on' ? 'error' : 'hint'}>
          {at === 'effective_on' ? said : hint}
        </span>
      </div>
      {failure !== null && at === null && <ErrorNote error={failure} />}
    </FormDialog>
  )
}

/** Asks for the words that a step of a change set needs, and takes it. */
export function ChangeDialogs(): JSX.Element | null {
  const step = asking.value
  const of = whole.data.value?.change
  if (!step || !of) return null
  return step === 'publish' ? <Publish key={of.id} of={of} /> : <Ask key={step} of={of} step={step} />
}
