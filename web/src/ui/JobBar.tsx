import type { ComponentChildren, JSX } from 'preact'
import { now } from '../api/events'
import { running, secondsLeft, stop } from '../api/jobs'
import { lang, t } from '../i18n'
import { number } from '../i18n/format'
import { noteZh } from '../i18n/problems'
import { sentence } from './states'
import { toast } from './toast'

interface ProgressProps {
  title: string
  /** 0 to 1; null while it cannot be told. */
  share: number | null
  beside?: string
  note?: ComponentChildren
  stopping?: boolean
  onStop: () => void
  card?: boolean
}

/** Long work: its share, what it is at, and Stop. */
export function Progress({ title, share, beside, note, stopping = false, onStop, card }: ProgressProps): JSX.Element {
  const percent = share === null ? null : Math.round(share * 100)
  return (
    <section class={`jobbar ${card ? 'card' : ''}`} aria-label={title}>
      <div class="row">
        <h2 class="grow">{title}</h2>
        <span class="small second">{[percent === null ? '' : `${number(percent)} %`, beside].filter(Boolean).join(' · ')}</span>
      </div>
      <div class={`track ${percent === null ? 'endless' : ''}`} role="progressbar" aria-label={title} aria-valuenow={percent ?? undefined} aria-valuemin={0} aria-valuemax={100}>
        <span style={{ width: `${percent ?? 100}%` }} />
      </div>
      <div class="row">
        <p class="small second grow">{note}</p>
        <button type="button" class="button" aria-disabled={stopping} onClick={() => stopping || onStop()}>
          {stopping ? t('job.stopping') : t('job.stop')}
        </button>
      </div>
    </section>
  )
}

/** The long job that runs: its share, the time left, and Stop. `kinds` says which jobs belong here, `others` which do not. */
export function JobBar({ kinds, others, card }: { kinds?: readonly string[]; others?: readonly string[]; card?: boolean }): JSX.Element | null {
  const mine = running.value
  void now.value
  if (!mine || (kinds && !kinds.includes(mine.job.kind)) || others?.includes(mine.job.kind)) return null
  const { job } = mine
  const left = secondsLeft(job.done, performance.now() - mine.startedAt)
  const time = mine.unheard ? t('job.unheard') : job.state === 'queued' ? t('job.queued') : left === null ? '' : t('job.left', { s: left })
  const said = job.note && lang.value === 'zh' ? noteZh(job.note) : job.note
  return (
    <Progress
      title={mine.title}
      share={job.done}
      beside={time}
      note={[said, t('job.goOn')].filter(Boolean).join(lang.value === 'zh' ? '。' : '. ')}
      stopping={mine.stopping}
      onStop={() => void stop().catch((error: unknown) => toast(sentence(error)))}
      {...(card ? { card } : {})}
    />
  )
}
