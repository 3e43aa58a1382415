import { signal } from '@preact/signals'
import { ask, Problem } from './client'
import type { Job } from './types'

export interface RunningJob {
  title: string
  job: Job
  startedAt: number
  stopping: boolean
}

/** The long job that this browser started, if one runs. */
export const running = signal<RunningJob | null>(null)

const POLL_MS = 600
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const over = (job: Job): boolean => ['succeeded', 'failed', 'cancelled'].includes(job.state)

/** Seconds that are left at the pace so far, or null while that cannot be told. */
export function secondsLeft(done: number, elapsedMs: number): number | null {
  if (done < 0.05 || elapsedMs < 1500) return null
  return Math.max(1, Math.round(((elapsedMs / done) * (1 - done)) / 1000))
}

/** Follows a job to its end, showing its progress; raises what the job failed with. */
export async function follow(title: string, first: Job): Promise<Job> {
  const startedAt = performance.now()
  let job = first
  running.value = { title, job, startedAt, stopping: false }
  try {
    while (!over(job)) {
      await pause(POLL_MS)
      job = (await ask<{ job: Job }>(`/api/v1/jobs/${job.id}`)).job
      running.value = { title, job, startedAt, stopping: running.value?.stopping ?? false }
    }
  } finally {
    running.value = null
  }
  if (job.state === 'failed') {
    throw new Problem(job.problem ?? { status: 500, detail: job.note ?? title })
  }
  return job
}

/** Asks the running job to stop. */
export async function stop(): Promise<void> {
  const mine = running.value
  if (!mine) return
  running.value = { ...mine, stopping: true }
  await ask(`/api/v1/jobs/${mine.job.id}`, { method: 'DELETE' })
}
