import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { gridByCode, planGrids } from '../../../api/data'
import type { PlanGrids } from '../../../api/types'
import { t } from '../../../i18n'
import { gridNumber, moment, number, position } from '../../../i18n/format'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { Empty, ErrorNote, sentence, Skeleton } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { Composer } from './Composer'
import { comments, mayComment, say, settle, thread, type Comment } from './life'
import { pinOf, threadsOf, type Thread } from './threads'

const settledShown = signal(false)

function whereOf({ grid, point }: Comment): string {
  const at = grid ? `${t('grid.grid')} ${gridNumber(grid.code)} ${gridByCode.value.get(grid.code)?.name ?? ''}`.trim() : ''
  return at || (point ? position(point[0] as number, point[1] as number) : t('life.wholePlan'))
}

/** Opens a thread: bright in the list and on the map, its place in view. */
export function openThread(one: Thread): void {
  thread.value = one.first.id
  const { grid } = one.first
  if (grid) store.grid.value = grid.code
  const at = pinOf(one, (code) => gridByCode.peek().get(code)?.centre as [number, number] | undefined)
  if (at) store.goTo.value = { at }
}

/** Writes on the plan, on the grid that is selected, or at a place. */
function NewComment({ data }: { data: PlanGrids }): JSX.Element {
  const grid = data.grids.find((one) => one.code === store.grid.value) ?? null
  const place = store.place.value
  const send = async (text: string, point: [number, number] | null): Promise<void> => {
    const made = await say(data.plan.id, { text, grid: grid?.id ?? null, point })
    thread.value = made.id
  }
  const pin = place ? position(place.lon, place.lat) : grid ? `${t('grid.grid')} ${gridNumber(grid.code)}` : t('life.wholePlan')
  return <Composer id="comment-text" about={data.plan.id} pin={pin} send={send} />
}

function Remark({ one }: { one: Comment }): JSX.Element {
  return (
    <div class="remark">
      <p class="row small">
        <span class="strong">{one.author ?? '–'}</span>
        <span class="muted">{moment(one.created_at)}</span>
      </p>
      <p class="remark-text">{one.text}</p>
    </div>
  )
}

function AnswerForm({ plan, first }: { plan: string; first: Comment }): JSX.Element {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (busy || !text.trim()) return
    setBusy(true)
    try {
      await say(plan, { text: text.trim(), reply_to: first.id })
      setText('')
    } catch (cause) {
      toast(sentence(cause))
    }
    setBusy(false)
  }
  return (
    <form class="row" onSubmit={(event) => void send(event)}>
      <label class="grow">
        <span class="visually-hidden">{t('life.answer')}</span>
        <input class="input" value={text} placeholder={t('life.answer')} maxLength={2000} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" aria-disabled={busy || !text.trim()}>
        {t('life.answer')}
      </button>
    </form>
  )
}

function ThreadCard({ plan, one }: { plan: string; one: Thread }): JSX.Element {
  const open = thread.value === one.first.id
  const box = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (open) box.current?.scrollIntoView({ block: 'nearest' })
  }, [open])
  const flip = (): void => {
    settle(plan, one.first, one.open).catch((cause: unknown) => {
      toast(sentence(cause))
      void comments.load()
    })
  }
  return (
    <li ref={box} class={`thread ${open ? 'open' : ''} ${one.open ? '' : 'settled'}`} data-thread={one.first.id}>
      <div class="row">
        <button type="button" class="link grow ellipsis thread-place" aria-expanded={open} onClick={() => openThread(one)}>
          <Icon name={one.open ? 'chat' : 'check'} /> {whereOf(one.first)}
        </button>
        {one.answers.length > 0 && <span class="small muted">{t(one.answers.length === 1 ? 'life.answer1' : 'life.answers', { n: number(one.answers.length) })}</span>}
        {mayComment.value && (
          <button type="button" class="button" onClick={flip}>
            {t(one.open ? 'life.resolve' : 'life.reopen')}
          </button>
        )}
      </div>
      <Remark one={one.first} />
      {open && one.answers.map((answer) => <Remark key={answer.id} one={answer} />)}
      {!one.open && (
        <p class="small muted">
          {t('life.resolvedBy', { name: one.first.resolved_by ?? '–' })} · {moment(one.first.resolved_at)}
        </p>
      )}
      {open && one.open && mayComment.value && <AnswerForm plan={plan} first={one.first} />}
    </li>
  )
}

/** Comments of a plan as threads, with a place to write one. */
export function Comments({ data }: { data: PlanGrids }): JSX.Element {
  const all = comments.data.value
  if (comments.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={comments.error.value} retry={() => void comments.load()} />
      </div>
    )
  }
  if (!all) return <Skeleton />
  const threads = threadsOf(all)
  const settled = threads.filter((one) => !one.open)
  const shown = settledShown.value ? threads : threads.filter((one) => one.open || one.first.id === thread.value)
  return (
    <div class="check-tab" id="table" tabIndex={-1}>
      {mayComment.value && data.plan.status !== 'retired' && <NewComment data={data} />}
      {threads.length === 0 && <Empty icon="chat" title={t('life.noComments')} hint={t('life.noCommentsHint')} />}
      {settled.length > 0 && (
        <label class="row small pad-row">
          <input type="checkbox" checked={settledShown.value} onChange={(event) => (settledShown.value = event.currentTarget.checked)} />
          {t('life.showSettled', { n: number(settled.length) })}
        </label>
      )}
      <ul class="threads">
        {shown.map((one) => (
          <ThreadCard key={one.first.id} plan={data.plan.id} one={one} />
        ))}
      </ul>
    </div>
  )
}

/** How many threads are open, for the tab. */
export function openThreads(): number | null {
  return planGrids.data.value ? threadsOf(comments.data.value ?? []).filter((one) => one.open).length : null
}
