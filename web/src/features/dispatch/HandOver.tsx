import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import { onLayer } from '../../api/events'
import { resource } from '../../api/resource'
import type { Handover, HandoverDesk } from '../../api/types'
import { t, type Key } from '../../i18n'
import { day, gridNumber, moment, number, shortClock } from '../../i18n/format'
import { store } from '../../map/store'
import { TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { counts } from './desk'
import { itemWords, shortNo, stateWord } from './words'

/** The hand-over stands in the panel instead of a case. */
export const handing = signal(false)
const sheets = resource(async (abort) => ask<HandoverDesk>(`/api/v1/handovers${query({ territory: territory.peek()?.id })}`, { signal: abort }))
export const loadSheets = (): void => void sheets.load()

const AFTER_MS = 2_000
let again: ReturnType<typeof setTimeout> | undefined
/** Asks anew a moment after cases changed: a run of changes is one question. */
function loadSheetsSoon(): void {
  again ??= setTimeout(() => {
    again = undefined
    loadSheets()
  }, AFTER_MS)
}

const sumsOf = (sums: Record<string, number>, key: Key, values: Record<string, string> = {}): string =>
  t(key, { ...Object.fromEntries(['open', 'late', 'pending', 'critical', 'closed'].map((name) => [name, number(sums[name] ?? 0)])), sent: number(sums.dispatched ?? 0), back: number(sums.returned ?? 0), ...values })

/** The kept sheet that stands in the panel. */
const reading = signal<Handover | null>(null)
const startHanding = (sheet: Handover | null): void => {
  reading.value = sheet
  handing.value = true
}

/** What this shift did so far, the way to hand it over, and what the last one left to read. */
export function ShiftFoot(): JSX.Element {
  const now = sheets.data.value
  useEffect(() => {
    if (sheets.data.peek()) loadSheetsSoon()
  }, [counts.data.value])
  // a sheet that another desk gave or took
  useEffect(() => onLayer(({ layer }) => layer === 'handovers' && loadSheetsSoon()), [])
  const unread = (now?.kept ?? []).filter((one) => !one.taken_at && !one.mine)
  return (
    <p class="table-foot small muted row shift-foot">
      <span class="grow">{now && sumsOf(now.sums, 'dispatch.handSince', { t: moment(now.since) })}</span>
      {unread[0] && (
        <button type="button" class="link nowrap" onClick={() => startHanding(unread[0] ?? null)}>
          <span class="chip warn">{t('dispatch.handUnread', { n: number(unread.length) })}</span>
        </button>
      )}
      <button type="button" class="link nowrap" onClick={() => startHanding(null)}>
        {t('dispatch.hand')}
      </button>
    </p>
  )
}

type Listed = HandoverDesk['cases'][number]

function Sheet(props: { title: string; sums: Record<string, number>; since: string; at: string; cases: Listed[]; note?: string }): JSX.Element {
  return (
    <section class="handover-sheet">
      <h3>{props.title}</h3>
      <p class="small second">
        {territory.value?.name} · {day(new Date(props.at))} {shortClock(new Date(props.at))}
      </p>
      <p>{sumsOf(props.sums, 'dispatch.handSums')}</p>
      <p class="small second">{sumsOf(props.sums, 'dispatch.handSince', { t: moment(props.since) })}</p>
      {props.note && <p class="description">{props.note}</p>}
      {props.cases.length === 0 ? (
        <p class="small muted">{t('dispatch.handNone')}</p>
      ) : (
        <table class="table handed">
          <caption class="visually-hidden">{t('dispatch.handCases')}</caption>
          <thead>
            <tr>
              {(['no', 'item', 'grid', 'state', 'clock'] as const).map((id) => (
                <th key={id} scope="col">
                  {t(`dispatch.col.${id}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.cases.map((one) => (
              <tr key={one.no}>
                <td>
                  <button type="button" class="link" onClick={() => ((handing.value = false), (store.incident.value = one.no))}>
                    {shortNo(one.no)}
                  </button>
                </td>
                <td class="wrap-cell">
                  {itemWords(one)} {one.severity === 'critical' && <span class="chip late">{t('dispatch.critical')}</span>}
                </td>
                <td>{one.grid ? gridNumber(one.grid) : '–'}</td>
                <td>{one.pending ? t(`dispatch.asked.${one.pending}` as Key) : stateWord(one)}</td>
                <td class="num">{moment(one.due_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const given = (one: Handover): string => t('dispatch.handGiven', { who: one.given_by ?? '–', t: moment(one.given_at) })
const taken = (one: Handover): string =>
  one.taken_at ? [t('dispatch.handTaken', { who: one.taken_by ?? '–', t: moment(one.taken_at) }), one.taken_note].filter(Boolean).join(': ') : t('dispatch.handNotTaken')

function Kept({ one, onOpen, onTaken }: { one: Handover; onOpen: () => void; onTaken: () => void }): JSX.Element {
  const [note, setNote] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const take = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    try {
      await ask(`/api/v1/handovers/${one.id}/taken`, { method: 'POST', body: { note } })
      onTaken()
    } catch (cause) {
      setFailure(cause)
    }
  }
  return (
    <li class="stack kept-sheet">
      <button type="button" class="link" onClick={onOpen}>
        {given(one)}
      </button>
      <p class="small second">{sumsOf(one.sums, 'dispatch.handSums')}</p>
      <p class={`small ${one.taken_at ? 'muted' : 'clock-words soon'}`}>{taken(one)}</p>
      {!one.taken_at && !one.mine && (
        <form class="stack" onSubmit={(event) => void take(event)}>
          <TextField id={`taken-${one.id}`} label={t('dispatch.handTakeNote')} maxLength={2000} value={note} onInput={setNote} />
          <button type="submit" class="button">
            <Icon name="check" />
            {t('dispatch.handTake')}
          </button>
        </form>
      )}
      {failure !== null && <ErrorNote error={failure} />}
    </li>
  )
}

/** Handing the desk over: what stands, a note, and what earlier shifts handed over. */
export function HandOver(): JSX.Element {
  const [note, setNote] = useState('')
  const open = reading.value
  const setOpen = (sheet: Handover | null): void => void (reading.value = sheet)
  const [failure, setFailure] = useState<unknown>(null)
  useEffect(loadSheets, [])
  const now = sheets.data.value
  const give = async (): Promise<void> => {
    try {
      const kept = await ask<Handover>(`/api/v1/handovers${query({ territory: territory.peek()?.id })}`, { method: 'POST', body: { note } })
      setNote('')
      setFailure(null)
      setOpen(kept)
      await sheets.load()
    } catch (cause) {
      setFailure(cause)
    }
  }
  return (
    <section class="report-form" aria-label={t('dispatch.handTitle')} data-testid="handover">
      <header class="row pad">
        <h2 class="grow panel-focus" tabIndex={-1}>
          {t('dispatch.handTitle')}
        </h2>
        <button type="button" class="button" onClick={() => window.print()}>
          {t('dispatch.handPrint')}
        </button>
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (handing.value = false)}>
          <Icon name="close" />
        </button>
      </header>
      <div class="report-body stack">
        {sheets.error.value && !now && <ErrorNote error={sheets.error.value} retry={loadSheets} />}
        {!now && !sheets.error.value && <Skeleton />}
        {open ? (
          <>
            <button type="button" class="link" onClick={() => setOpen(null)}>
              {t('dispatch.handNow')}
            </button>
            <Sheet title={`${given(open)} · ${taken(open)}`} sums={open.sums} since={open.since} at={open.given_at} cases={open.cases} note={open.note} />
          </>
        ) : (
          now && (
            <>
              <Sheet title={t('dispatch.handNow')} sums={now.sums} since={now.since} at={now.at} cases={now.cases} />
              <TextField id="handover-note" label={t('dispatch.handNote')} hint={t('dispatch.handNoteHint')} rows={3} maxLength={2000} value={note} onInput={setNote} />
            </>
          )
        )}
        {failure !== null && <ErrorNote error={failure} />}
        {now && now.kept.length > 0 && (
          <section class="stack kept-sheets">
            <h3>{t('dispatch.handKept')}</h3>
            <ul class="stack">
              {now.kept.map((one) => (
                <Kept key={one.id} one={one} onOpen={() => setOpen(one)} onTaken={() => void sheets.load()} />
              ))}
            </ul>
          </section>
        )}
      </div>
      {!open && (
        <footer class="panel-foot">
          <button type="button" class="button primary big grow" onClick={() => void give()}>
            {t('dispatch.handGive')}
          </button>
        </footer>
      )}
    </section>
  )
}
