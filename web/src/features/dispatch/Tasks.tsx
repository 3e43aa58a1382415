import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { CaseFull } from '../../api/types'
import { t, tOr } from '../../i18n'
import { moment, number } from '../../i18n/format'
import { SelectField, TextField } from '../../ui/fields'
import { catchFocus } from '../../ui/focus'
import { Section } from '../place/Answer'
import { actOnTask } from './sending'

type Task = CaseFull['tasks'][number]

const SCORES = ['1', '2', '3', '4', '5'] as const
const WORST_TO_BEST = SCORES.map((one) => [one, one] as [string, string])

/** The task whose step asks for a score or a reason. */
const asked = signal<{ task: string; action: string } | null>(null)

export const taskName = (action: string): string => tOr(`taskAction.${action}`, action)

/** The task that waits for this account, with its next step; calling one off can wait. */
export function dueTask(of: CaseFull): { task: Task; action: string } | null {
  for (const task of of.tasks) {
    const action = task.actions.find((one) => one !== 'cancel')
    if (action) return { task, action }
  }
  return null
}

async function send(of: CaseFull, task: Task, action: string, body: Record<string, unknown>): Promise<void> {
  if (await actOnTask(of.incident, task.id, action, body)) asked.value = null
  catchFocus('.incident-card .panel-foot')
}

/** Moves a task on: at once, or after what it asks. */
export function takeTask(of: CaseFull, task: Task, action: string): void {
  if (action === 'rate' || action === 'cancel') asked.value = { task: task.id, action }
  else void send(of, task, action, {})
}

function AskForm({ task, of, action }: { task: Task; of: CaseFull; action: string }): JSX.Element {
  const [value, setValue] = useState('')
  const form = useRef<HTMLFormElement>(null)
  const id = `task-${task.id}`
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), [action])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (value.trim()) void send(of, task, action, action === 'rate' ? { score: Number(value) } : { reason: value.trim() })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    asked.value = null
    catchFocus('.incident-card .panel-foot')
  }
  return (
    <form class="row task-ask" ref={form} noValidate onSubmit={submit} onKeyDown={onKeyDown}>
      {action === 'rate' ? (
        <SelectField id={id} label={t('dispatch.form.score')} value={value} options={[['', t('dispatch.form.choose')], ...WORST_TO_BEST]} onChange={setValue} />
      ) : (
        <TextField id={id} label={t('dispatch.form.reason')} maxLength={500} value={value} onInput={setValue} />
      )}
      <button type="submit" class="button" aria-disabled={!value.trim()}>
        {taskName(action)}
      </button>
    </form>
  )
}

function TaskRow({ task, of }: { task: Task; of: CaseFull }): JSX.Element {
  const due = task.state === 'asked' ? (task.report_in_by ?? task.due_at) : task.due_at
  const asking = asked.value?.task === task.id ? asked.value.action : null
  return (
    <li class="task-row">
      <div class="answer-row">
        <span class="grow">
          <span class="strong">{tOr(`task.${task.kind}`, task.kind)}</span> {task.unit?.name ?? task.account?.name ?? ''}
        </span>
        <span class="small muted num">{due && !task.signed_at ? t('dispatch.taskBy', { t: moment(due) }) : ''}</span>
        {task.score !== null && <span class="small muted num">{t('task.score', { n: number(task.score) })}</span>}
        <span class="chip">{tOr(`taskState.${task.state}`, task.state)}</span>
      </div>
      {task.deadlocked_at && <p class="small clock-words late">{t('dispatch.deadlocked')}</p>}
      <div class="row wrap">
        {task.actions.map((action) => (
          <button key={action} type="button" class="button" onClick={() => takeTask(of, task, action)}>
            {taskName(action)}
          </button>
        ))}
      </div>
      {asking && <AskForm task={task} of={of} action={asking} />}
    </li>
  )
}

/** What a case asks of units and people. */
export function Tasks({ of }: { of: CaseFull }): JSX.Element | null {
  if (of.tasks.length === 0) return null
  return (
    <Section icon="list" title={t('dispatch.tasks')} side={number(of.tasks.length)}>
      <ul>
        {of.tasks.map((task) => (
          <TaskRow key={task.id} task={task} of={of} />
        ))}
      </ul>
    </Section>
  )
}
