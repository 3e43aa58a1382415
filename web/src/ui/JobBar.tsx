import type { JSX } from 'preact'
import { running, secondsLeft, stop } from '../api/jobs'
import { now } from '../api/events'
import { t } from '../i18n'
import { number } from '../i18n/format'
import { toast } from './toast'
import { sentence } from './states'

/** The long job that runs: its share, the time left, and Stop. */
export function JobBar(): JSX.Element | null {
  const mine = running.value
  void now.value
  if (!mine) return null
  const { job } = mine
  const left = secondsLeft(job.done, performance.now() - mine.startedAt)
  const share = Math.round(job.done * 100)
  const time = job.state === 'queued' ? t('job.queued') : left === null ? '' : t('job.left', { s: left })
  return (
    <section class="jobbar" aria-label={mine.title}>
      <div class="row">
        <h2 class="grow">{mine.title}</h2>
        <span class="small second">{[`${number(share)} %`, time].filter(Boolean).join(' · ')}</span>
      </div>
      <div class="track" role="progressbar" aria-label={mine.title} aria-valuenow={share} aria-valuemin={0} aria-valuemax={100}>
        <span style={{ width: `${share}%` }} />
      </div>
      <div class="row">
        <p class="small second grow">{[job.note, t('job.goOn')].filter(Boolean).join('. ')}</p>
        <button
          type="button"
          class="button"
          aria-disabled={mine.stopping}
          onClick={() => void (mine.stopping || stop().catch((error: unknown) => toast(sentence(error))))}
        >
          {mine.stopping ? t('job.stopping') : t('job.stop')}
        </button>
      </div>
    </section>
  )
}
