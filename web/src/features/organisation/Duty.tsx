import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { SelectField } from '../../ui/fields'
import { toast } from '../../ui/toast'
import { addAbsence, addShift, takeBack } from './changes'
import { DoingForm } from './Doing'
import { Moment } from './Moment'
import { mayStaff, type OneStaff } from './organisation'

const WEEK = [1, 2, 3, 4, 5, 6, 7] as const
const SHOWN = 20
const pad = (value: number): string => String(value).padStart(2, '0')
/** A moment by the clock on the wall: month, day, hour and minute. */
const clock = (moment: string): string => {
  const at = new Date(moment)
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}`
}
const iso = (local: string): string => new Date(local).toISOString()

const NEW = { kind: 'absence', since: '', until: '', first_day: '', last_day: '', starts: '08:30', ends: '17:30', days: [1, 2, 3, 4, 5] as number[] }
type Draft = typeof NEW

function needs(now: Draft): string {
  const missing = now.kind === 'pattern' ? !now.first_day || !now.last_day || !now.starts || !now.ends || now.days.length === 0 : !now.since || !now.until
  return missing ? t('org.dutyNeeds') : ''
}

async function send(staff: string, now: Draft): Promise<void> {
  if (now.kind === 'absence') {
    await addAbsence({ staff, since: iso(now.since), until: iso(now.until) })
    toast(t('org.saved'))
    return
  }
  const first = (new Date(`${now.first_day}T00:00`).getDay() + 6) % 7
  const on_days = now.days.map((day) => (day - 1 - first + 7) % 7)
  const pattern = { first_day: now.first_day, last_day: now.last_day, cycle_days: 7, on_days, starts: now.starts, ends: now.ends }
  const added = await addShift(now.kind === 'pattern' ? { staff, pattern } : { staff, since: iso(now.since), until: iso(now.until) })
  toast(t('org.shiftsAdded', { n: number(added) }))
}

function DutyForm({ to }: { to: OneStaff }): JSX.Element {
  const draft = useSignal<Draft>(NEW)
  const now = draft.value
  const set = (part: Partial<Draft>): void => void (draft.value = { ...draft.peek(), ...part })
  return (
    <DoingForm label={t('org.duty')} submit={t('org.add')} why={needs(now)} onSubmit={() => send(to.id, draft.peek()).then(() => set({ since: '', until: '' }))}>
      <SelectField id="duty-kind" label={t('org.dutyKind')} value={now.kind} options={(['absence', 'shift', 'pattern'] as const).map((kind) => [kind, t(`org.duty.${kind}`)])} onChange={(kind) => set({ kind })} />
      {now.kind === 'pattern' ? (
        <>
          <Moment id="duty-first" type="date" label={t('org.firstDay')} value={now.first_day} onInput={(first_day) => set({ first_day })} />
          <Moment id="duty-last" type="date" label={t('org.lastDay')} value={now.last_day} onInput={(last_day) => set({ last_day })} />
          <fieldset class="org-week">
            <legend>{t('org.weekdays')}</legend>
            {WEEK.map((day) => (
              <label key={day} class="row small check-field" for={`duty-day-${day}`}>
                <input id={`duty-day-${day}`} type="checkbox" checked={now.days.includes(day)} onChange={(event) => set({ days: event.currentTarget.checked ? [...now.days, day] : now.days.filter((each) => each !== day) })} />
                {t(`org.weekday.${day}`)}
              </label>
            ))}
          </fieldset>
          <Moment id="duty-starts" type="time" label={t('org.starts')} value={now.starts} onInput={(starts) => set({ starts })} />
          <Moment id="duty-ends" type="time" label={t('org.endsAt')} value={now.ends} onInput={(ends) => set({ ends })} />
        </>
      ) : (
        <>
          <Moment id="duty-since" label={t('org.starts')} value={now.since} onInput={(since) => set({ since })} />
          <Moment id="duty-until" label={t('org.endsAt')} value={now.until} onInput={(until) => set({ until })} />
        </>
      )}
    </DoingForm>
  )
}

interface LineProps {
  words: string
  what: string
  remove: () => Promise<void>
}

function Line({ words, what, remove }: LineProps): JSX.Element {
  return (
    <li class="org-node">
      <span class="grow num small">{words}</span>
      {mayStaff.value && (
        <button type="button" class="button danger small" aria-label={`${t('org.takeBack')} ${what} ${words}`} onClick={() => void remove().then(() => toast(t('org.takenBack')), () => toast(t('org.takeBackFailed')))}>
          {t('org.takeBack')}
        </button>
      )}
    </li>
  )
}

/** When a member of staff is on shift or away, what pattern says so, and a form for more of it. */
export function Duty({ of }: { of: OneStaff }): JSX.Element {
  return (
    <>
      <h3 class="org-head">{t('org.duty')}</h3>
      {of.shifts.length + of.absences.length + of.patterns.length === 0 && <p class="small second pad">{t('org.noDuty')}</p>}
      <ul class="org-tree">
        {of.absences.map((each) => (
          <Line key={each.id} what={t('org.duty.absence')} words={`${t('org.duty.absence')} ${clock(each.since)} – ${clock(each.until)}`} remove={() => takeBack('absences', each.id)} />
        ))}
        {of.patterns.map((each) => (
          <Line key={each.id} what={t('org.duty.pattern')} words={`${t('org.duty.pattern')} ${each.first_day} – ${each.last_day}, ${each.starts.slice(0, 5)}–${each.ends.slice(0, 5)}`} remove={() => takeBack('shift-patterns', each.id)} />
        ))}
        {of.shifts.slice(0, SHOWN).map((each) => (
          <Line key={each.id} what={t('org.duty.shift')} words={`${t('org.duty.shift')} ${clock(each.since)} – ${clock(each.until)}`} remove={() => takeBack('shifts', each.id)} />
        ))}
      </ul>
      {mayStaff.value && <DutyForm to={of} />}
    </>
  )
}
