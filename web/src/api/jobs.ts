import { signal } from '@preact/signals'
import { ask, call, NoAnswer, Problem, type CallOptions } from './client'
import type { Job } from './types'

export interface RunningJob {
  title: string
  job: Job
  startedAt: number
  stopping: boolean
  /** The server cannot be reached: it goes on working, and is asked again. */
  unheard: boolean
}

/** The long job that this browser started, if one runs. */
export const running = signal<RunningJob | null>(null)

/** A job that somebody stopped: nothing was saved. */
export class Stopped extends Error {}

const POLL_MS = 600
/** A server that cannot be reached for so long is given up. */
const PATIENCE_MS = 300_000
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
  let heard = startedAt
  const show = (unheard: boolean): void => {
    const mine = running.peek()
    if (mine && mine.job.id !== first.id && mine.startedAt > startedAt) return
    running.value = { title, job, startedAt, stopping: mine?.job.id === first.id && mine.stopping, unheard }
  }
  show(false)
  try {
    while (!over(job)) {
      await pause(POLL_MS)
      try {
        job = (await ask<{ job: Job }>(`/api/v1/jobs/${job.id}`)).job
        heard = performance.now()
        show(false)
      } catch (cause) {
        // the job runs on the server, whatever becomes of the way there
        if (!(cause instanceof NoAnswer) || performance.now() - heard > PATIENCE_MS) throw cause
        show(true)
      }
    }
  } finally {
    if (running.peek()?.job.id === first.id) running.value = null
  }
  if (job.state === 'failed') {
    throw new Problem(job.problem ?? { status: 500, detail: job.note ?? title })
  }
  return job
}

/** Asks for work that may take long; shows its progress, and raises `Stopped` when somebody stopped it. */
export async function askLong<T>(title: string, path: string, options: CallOptions): Promise<T> {
  const { data, status } = await call<T | { job: Job }>(path, options)
  return status === 202 ? resultOf<T>(title, (data as { job: Job }).job) : (data as T)
}

/** What a job comes to. */
export async function resultOf<T>(title: string, first: Job): Promise<T> {
  const job = await follow(title, first)
  if (job.state === 'cancelled') throw new Stopped('stopped')
  return job.result as T
}

/** Asks the running job to stop. */
export async function stop(): Promise<void> {
  const mine = running.value
  if (!mine) return
  running.value = { ...mine, stopping: true }
  await ask(`/api/v1/jobs/${mine.job.id}`, { method: 'DELETE' })
}
