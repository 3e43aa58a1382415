import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { plan } from '../../../api/data'
import type { Plan } from '../../../api/types'
import { t } from '../../../i18n'
import { catchFocus } from '../../../ui/focus'
import { FormDialog, TextField } from '../../../ui/fields'
import { ErrorNote } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { openThreads } from './Comments'
import { asking, needsReason, take } from './life'
import type { Step } from './steps'
import { stepName } from './words'

const NOTED: readonly Step[] = ['submit', 'approve', 'recall']
const DANGEROUS: readonly Step[] = ['delete', 'retire']

function Words(props: { step: Step; value: string; wrong: boolean; set: (value: string) => void }): JSX.Element | null {
  const { step, value, set } = props
  if (step === 'delete') return null
  const name = step === 'draft' ? t('life.draftName') : needsReason(step) ? t('life.reason') : t('life.note')
  const rest = { id: 'step-words', label: name, autofocus: true, value, onInput: set, error: props.wrong ? t('life.reasonError') : null }
  return step === 'draft' ? <TextField {...rest} maxLength={120} /> : <TextField {...rest} rows={3} maxLength={2000} />
}

function Ask({ of, step }: { of: Plan; step: Step }): JSX.Element {
  const [words, setWords] = useState(step === 'draft' ? t('life.draftOf', { name: of.name }).slice(0, 120) : '')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const close = (): void => void (asking.value = null)
  const open = step === 'approve' ? (openThreads() ?? 0) : 0
  const wrong = needsReason(step) && words.trim() === ''
  const go = async (): Promise<void> => {
    setTried(true)
    if (wrong || busy) return
    setBusy(true)
    try {
      await take(of, step, words.trim())
      close()
      // the button that opened it may have gone with the plan's state
      catchFocus('.deskbar .button.primary', '.more-button')
      toast(t(`life.done.${step}`, { name: of.name }))
    } catch (cause) {
      setFailure(cause)
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={t('life.stepOf', { step: stepName(step), name: of.name })}
      hint={[t(`life.hint.${step}`), open > 0 && t('life.openThreads', { n: open })].filter(Boolean).join(' ')}
      width={480}
      form="step-form"
      submit={stepName(step)}
      danger={DANGEROUS.includes(step)}
      barred={busy}
      onSubmit={() => void go()}
      onClose={close}
    >
      {(needsReason(step) || NOTED.includes(step) || step === 'draft') && <Words step={step} value={words} wrong={tried && wrong} set={setWords} />}
      {failure !== null && <ErrorNote error={failure} />}
    </FormDialog>
  )
}

/** Asks for the words that a step needs, and takes it. */
export function StepDialog(): JSX.Element | null {
  const step = asking.value
  if (!step || !plan.value) return null
  return <Ask key={step} of={plan.value} step={step} />
}
