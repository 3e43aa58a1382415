import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Problem } from '../../../api/client'
import { plan, planGrids } from '../../../api/data'
import { mayExport } from '../../../api/rights'
import type { Plan } from '../../../api/types'
import { lang, t } from '../../../i18n'
import { gridNumber } from '../../../i18n/format'
import { store } from '../../../map/store'
import { catchFocus } from '../../../ui/focus'
import { Dialog } from '../../../ui/Dialog'
import { Icon } from '../../../ui/Icon'
import { NoExport } from '../../../ui/NoExport'
import { ErrorNote, Skeleton } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { CheckLines, ImpactSheet } from './Impact'
import { impact, person, publish, publishOpen } from './life'
import { isAuthor } from './steps'
import { today } from './days'
import { dayOf } from './words'

/** Which field of the form a refusal belongs to. */
export function fieldOf(failure: unknown): 'basis' | 'effective_on' | null {
  if (!(failure instanceof Problem)) return null
  const field = failure.body.field
  return field === 'basis' || field === 'effective_on' ? field : null
}

/** Says in plain words who publishes. */
function SecondPerson({ of }: { of: Plan }): JSX.Element {
  const mine = isAuthor(of, person.value)
  const words = mine ? t('life.secondMine') : of.author ? t('life.secondOther', { author: of.author }) : t('life.secondNone')
  return (
    <p class={`note ${mine ? 'warn' : 'info'}`}>
      <Icon name={mine ? 'warning' : 'people'} />
      <span>{of.approver && of.approved_at ? `${t('life.approvedBy', { name: of.approver, day: dayOf(of.approved_at) })} ${words}` : words}</span>
    </p>
  )
}

function Handover({ of }: { of: Plan }): JSX.Element {
  const grids = planGrids.data.value?.grids ?? []
  const [code, setCode] = useState(store.grid.peek() ?? grids[0]?.code ?? '')
  return (
    <div class="row wrap">
      <label class="row small">
        {t('life.handover')}
        <select class="input" value={code} onChange={(event) => setCode(event.currentTarget.value)}>
          {grids.map((grid) => (
            <option key={grid.code} value={grid.code}>
              {gridNumber(grid.code)} {grid.name}
            </option>
          ))}
        </select>
      </label>
      {mayExport.value ? (
        <a class="button" href={`/api/v1/plans/${of.id}/handover/${encodeURIComponent(code)}?lang=${lang.value}`} target="_blank" rel="noopener">
          <Icon name="report" />
          {t('life.handoverOpen')}
        </a>
      ) : (
        <NoExport />
      )}
    </div>
  )
}

function Fields(props: { basis: string; day: string; bad: boolean; failure: unknown; set: (basis: string, day: string) => void }): JSX.Element {
  const at = fieldOf(props.failure)
  const later = props.day > today()
  return (
    <div class="row fields">
      <div class="field grow">
        <label for="publish-basis">{t('planner.basis')}</label>
        <input
          id="publish-basis"
          class="input"
          data-autofocus
          maxLength={500}
          value={props.basis}
          aria-invalid={props.bad || at === 'basis'}
          aria-describedby="publish-basis-hint"
          onInput={(event) => props.set(event.currentTarget.value, props.day)}
        />
        <span id="publish-basis-hint" class={props.bad || at === 'basis' ? 'error' : 'hint'}>
          {at === 'basis' && props.failure instanceof Problem ? props.failure.message : t(props.bad ? 'planner.basisError' : 'planner.basisHint')}
        </span>
      </div>
      <div class="field">
        <label for="publish-day">{t('planner.effective')}</label>
        <input
          id="publish-day"
          type="date"
          class="input"
          value={props.day}
          aria-invalid={at === 'effective_on'}
          aria-describedby="publish-day-hint"
          onInput={(event) => props.set(props.basis, event.currentTarget.value)}
        />
        <span id="publish-day-hint" class={at === 'effective_on' ? 'error' : 'hint'}>
          {at === 'effective_on' && props.failure instanceof Problem
            ? props.failure.message
            : t(later ? 'life.dayLater' : props.day && props.day < today() ? 'life.dayBefore' : 'life.dayToday')}
        </span>
      </div>
    </div>
  )
}

function Ask({ of }: { of: Plan }): JSX.Element {
  const [basis, setBasis] = useState('')
  const [day, setDay] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const data = impact.data.value?.plan.id === of.id ? impact.data.value : null
  useEffect(() => void impact.load(), [of.id, of.revision])
  const close = (): void => void (publishOpen.value = false)
  const open = data !== null && !data.ready && !(of.status === 'draft' && data.checklist.every((line) => line.ok || !line.blocking || line.kind === 'review'))
  const why = !data ? t('common.loading') : open ? t('planner.notReady') : ''
  const go = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (why || busy || !basis.trim()) return
    setBusy(true)
    try {
      const done = await publish(of, basis.trim(), day)
      close()
      catchFocus('.deskbar .button.primary', '.more-button')
      toast(done.status === 'scheduled' ? t('life.scheduled', { name: of.name, day: dayOf(done.effective_on) }) : t('planner.published', { name: of.name }))
    } catch (cause) {
      setFailure(cause)
      setBusy(false)
    }
  }
  const footer = (
    <>
      <button type="submit" form="publish-form" class="button primary" aria-disabled={why !== '' || busy} data-tip={why || undefined}>
        {t('planner.publish')}
      </button>
      <button type="button" class="button" onClick={close}>
        {t('common.cancel')}
      </button>
      {why && <p class="small muted footnote">{why}</p>}
    </>
  )
  return (
    <Dialog title={t('planner.publishTitle', { name: of.name })} hint={t('life.publishHint')} width={820} onClose={close} footer={footer}>
      <form id="publish-form" class="stack publish" onSubmit={(event) => void go(event)}>
        <SecondPerson of={of} />
        {impact.error.value && <ErrorNote error={impact.error.value} retry={() => void impact.load()} />}
        {!data && !impact.error.value && <Skeleton rows={4} />}
        {data && <CheckLines data={data} />}
        {data && <ImpactSheet data={data} />}
        {data && <Handover of={of} />}
        <Fields
          basis={basis}
          day={day}
          bad={tried && !basis.trim()}
          failure={failure}
          set={(nextBasis, nextDay) => {
            setBasis(nextBasis)
            setDay(nextDay)
            setFailure(null)
          }}
        />
        {failure !== null && fieldOf(failure) === null && <ErrorNote error={failure} />}
      </form>
    </Dialog>
  )
}

/** Publishing: who may, what is open, what changes hands, on which decision and from when. */
export function PublishDialog(): JSX.Element | null {
  return publishOpen.value && plan.value ? <Ask of={plan.value} /> : null
}
