import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { CheckField, FileField, SelectField, TextField } from '../../ui/fields'
import { JobBar } from '../../ui/JobBar'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { calendarOf } from './calendarFile'
import { calendar, putCalendar, saveCalendar, written, type Calendar } from './changes'
import { DoingForm } from './Doing'
import { mayCalendar } from './organisation'

const said = (moved: number | null): string => (moved === null ? t('org.clocksStopped') : t('org.clocksMoved', { n: number(moved) }))
const save = (next: Calendar): Promise<void> => saveCalendar(next).then((moved) => toast(said(moved)))

function HoursForm({ of }: { of: Calendar }): JSX.Element {
  const hours = useSignal(of.hours.join(', '))
  const announced = useSignal((of.announced ?? []).join(', '))
  const yearly = useSignal(of.announced !== null)
  const send = (): Promise<void> => {
    const years = announced.peek().split(/[,，\s]+/).filter(Boolean).map(Number).filter(Number.isInteger)
    return save({ ...of, hours: hours.peek().split(/[,，]/).map((each) => each.trim()).filter(Boolean), announced: yearly.peek() ? years : null })
  }
  return (
    <DoingForm label={t('org.workHours')} submit={t('org.saveCalendar')} onSubmit={send}>
      <TextField id="calendar-hours" label={t('org.workHours')} hint={t('org.workHoursHint')} value={hours.value} maxLength={200} onInput={(text) => (hours.value = text)} />
      <CheckField id="calendar-yearly" words={t('org.announcedYearly')} on={yearly.value} change={(on) => (yearly.value = on)} />
      {yearly.value && <TextField id="calendar-years" label={t('org.announced')} hint={t('org.announcedHint')} value={announced.value} maxLength={200} onInput={(text) => (announced.value = text)} />}
    </DoingForm>
  )
}

function DayForm({ of }: { of: Calendar }): JSX.Element {
  const draft = useSignal({ day: '', works: 'off', name: '' })
  const now = draft.value
  const set = (part: Partial<typeof now>): void => void (draft.value = { ...draft.peek(), ...part })
  const send = async (): Promise<void> => {
    const { day, works, name } = draft.peek()
    const rest = of.days.filter((each) => each.day !== day)
    const next = works === 'usual' ? rest : [...rest, { day, works: works === 'work', name: name.trim() || t(works === 'work' ? 'org.dayWorks' : 'org.dayOff'), hours: null }]
    await save({ ...of, days: next.sort((one, other) => one.day.localeCompare(other.day)) })
    set({ day: '', name: '' })
  }
  return (
    <DoingForm label={t('org.addDay')} submit={t('org.saveCalendar')} why={now.day ? '' : t('org.dayNeeds')} onSubmit={send}>
      <div class="field">
        <label for="calendar-day">{t('org.dayOf')}</label>
        <input id="calendar-day" type="date" class="input" value={now.day} onInput={(event) => set({ day: event.currentTarget.value })} />
      </div>
      <SelectField id="calendar-works" label={t('org.dayKind')} value={now.works} options={[['off', t('org.dayOff')], ['work', t('org.dayWorks')], ['usual', t('org.dayUsual')]]} onChange={(works) => set({ works })} />
      <TextField id="calendar-name" label={t('org.dayName')} value={now.name} maxLength={100} onInput={(name) => set({ name })} />
    </DoingForm>
  )
}

function FileForm({ of }: { of: Calendar }): JSX.Element {
  const file = useSignal<File | null>(null)
  const send = async (): Promise<void> => {
    const text = await file.peek()?.text()
    if (text !== undefined) toast(said(await putCalendar(calendarOf(text, written(of)))))
  }
  return (
    <DoingForm label={t('org.calendarFile')} submit={t('org.saveCalendar')} why={file.value ? '' : t('org.fileNeeded')} onSubmit={send}>
      <FileField id="calendar-file" label={t('org.calendarFile')} hint={t('org.calendarFileHint')} accept=".json,application/json" onFiles={(files) => (file.value = files[0] ?? null)} />
    </DoingForm>
  )
}

/** The work calendar that limits are counted on: hours, days that differ, years whose days are official. */
export function WorkCalendar(): JSX.Element {
  useEffect(() => void calendar.load(), [])
  const found = calendar.data.value
  if (!found) return calendar.error.value ? <ErrorNote error={calendar.error.value} retry={() => void calendar.load()} /> : <Skeleton />
  const years = [...new Set(found.days.map((day) => day.day.slice(0, 4)))]
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.calendar')}>
      <h2 class="org-head">{t('org.calendar')}</h2>
      <p class="pad small second">{t('org.calendarLine', { name: found.name_zh || found.name_en || found.code, version: number(found.version), zone: found.zone, hours: found.hours.join(', ') })}</p>
      <JobBar kinds={['clocks']} />
      {mayCalendar.value ? (
        <div key={found.version}>
          <HoursForm of={found} />
          <DayForm of={found} />
          <FileForm of={found} />
        </div>
      ) : (
        <p class="small second pad">{t('org.calendarWho')}</p>
      )}
      {years.map((year) => (
        <section key={year} aria-label={year}>
          <h3 class="org-head">
            {year} {found.announced !== null && <span class={`chip ${found.announced.includes(Number(year)) ? 'ok' : 'warn'}`}>{t(found.announced.includes(Number(year)) ? 'org.official' : 'org.provisional')}</span>}
          </h3>
          <ul class="org-tree small">
            {found.days
              .filter((day) => day.day.startsWith(year))
              .map((day) => (
                <li key={day.day} class="org-node">
                  <span class="num">{day.day}</span>
                  <span class="grow">{day.name}</span>
                  <span>{t(day.works ? 'org.dayWorks' : 'org.dayOff')}</span>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
