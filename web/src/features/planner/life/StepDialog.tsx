import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { plan } from '../../../api/data'
import type { Plan } from '../../../api/types'
import { t } from '../../../i18n'
import { Dialog } from '../../../ui/Dialog'
import { ErrorNote } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { asking, needsReason, take } from './life'
import type { Step } from './steps'
import { stepName } from './words'

const NOTED: readonly Step[] = ['submit', 'approve', 'recall']
const DANGEROUS: readonly Step[] = ['delete', 'retire']

function Words(props: { step: Step; value: string; wrong: boolean; set: (value: string) => void }): JSX.Element | null {
  const { step } = props
  if (step === 'delete') return null
  const reasoned = needsReason(step)
  const name = step === 'draft' ? t('life.draftName') : reasoned ? t('life.reason') : t('life.note')
  const rest = {
    id: 'step-words',
    class: 'input',
    'data-autofocus': true,
    value: props.value,
    'aria-invalid': props.wrong,
    'aria-describedby': props.wrong ? 'step-error' : undefined,
  }
  return (
    <div class="field">
      <label for="step-words">{name}</label>
      {step === 'draft' ? (
        <input {...rest} maxLength={120} onInput={(event) => props.set(event.currentTarget.value)} />
      ) : (
        <textarea {...rest} rows={3} maxLength={2000} onInput={(event) => props.set(event.currentTarget.value)} />
      )}
      {props.wrong && (
        <span id="step-error" class="error">
          {t('life.reasonError')}
        </span>
      )}
    </div>
  )
}

function Ask({ of, step }: { of: Plan; step: Step }): JSX.Element {
  const [words, setWords] = useState(step === 'draft' ? t('life.draftOf', { name: of.name }).slice(0, 120) : '')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const close = (): void => void (asking.value = null)
  const wrong = needsReason(step) && words.trim() === ''
  const go = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (wrong || busy) return
    setBusy(true)
    try {
      await take(of, step, words.trim())
      close()
      toast(t(`life.done.${step}`, { name: of.name }))
    } catch (cause) {
      setFailure(cause)
      setBusy(false)
    }
  }
  const footer = (
    <>
      <button type="submit" form="step-form" class={`button ${DANGEROUS.includes(step) ? 'danger' : 'primary'}`} aria-disabled={busy}>
        {stepName(step)}
      </button>
      <button type="button" class="button" onClick={close}>
        {t('common.cancel')}
      </button>
    </>
  )
  return (
    <Dialog title={`${stepName(step)}: ${of.name}`} hint={t(`life.hint.${step}`)} width={480} onClose={close} footer={footer}>
      <form id="step-form" class="stack" onSubmit={(event) => void go(event)}>
        {(needsReason(step) || NOTED.includes(step) || step === 'draft') && (
          <Words step={step} value={words} wrong={tried && wrong} set={setWords} />
        )}
        {failure !== null && <ErrorNote error={failure} />}
      </form>
    </Dialog>
  )
}

/** Asks for the words that a step needs, and takes it. */
export function StepDialog(): JSX.Element | null {
  const step = asking.value
  if (!step || !plan.value) return null
  return <Ask key={step} of={plan.value} step={step} />
}
