/** Grids drawn elsewhere, on their way in: what is asked, and the upload that can be stopped. */
import { signal } from '@preact/signals'
import { NoAnswer, Problem } from '../../../api/client'
import type { components } from '../../../api/schema'
import { resultOf, Stopped } from '../../../api/jobs'
import type { Job, ProblemBody } from '../../../api/types'

export type ImportReport = components['schemas']['ImportOut']

export interface ImportWish {
  kind: string
  name: string
  crs: string
  code: string
  title: string
  repair: boolean
  tolerance: string
  overlap: 'border' | 'first' | 'smaller'
}

/** More than this does not go in. */
export const MOST_BYTES = 50 * 2 ** 20

/** One thing that the import mends, or that has to be mended before. */
export interface Change {
  kind: string
  place: [number, number]
  area_m2: number
  grids: (string | number)[]
  given_to: string | number | null
}

export const usualImport: ImportWish = { kind: 'household', name: '', crs: '', code: '', title: '', repair: false, tolerance: '0.5', overlap: 'border' }

export const badTolerance = (wish: ImportWish): boolean => {
  const value = Number(wish.tolerance)
  return wish.tolerance.trim() === '' || !(value >= 0 && value <= 100)
}

/** The fields of the form; what is empty is left to the server. */
export function fieldsOf(wish: ImportWish, territory: string | undefined, dryRun: boolean): [string, string][] {
  const pairs: [string, string | undefined][] = [
    ['territory', territory],
    ['kind', wish.kind],
    ['name', wish.name.trim()],
    ['crs', wish.crs.trim()],
    ['code_column', wish.code.trim()],
    ['name_column', wish.title.trim()],
    ['repair', String(wish.repair)],
    ['tolerance_m', wish.tolerance.trim()],
    ['overlap', wish.overlap],
    ['dry_run', String(dryRun)],
  ]
  return pairs.filter((pair): pair is [string, string] => Boolean(pair[1]))
}

/** Share of the file that went up, 0 to 1; null when none is on its way. */
export const uploading = signal<number | null>(null)
let request: XMLHttpRequest | null = null

/** Stops the upload and what waits for it. */
export function stopUpload(): void {
  request?.abort()
}

/** Sends a file and waits for the job that reads it; raises what the server refuses, and `Stopped` when it was stopped. */
export async function send(title: string, file: File, fields: [string, string][]): Promise<ImportReport> {
  const answer = await upload(file, fields)
  return 'job' in answer ? resultOf<ImportReport>(title, answer.job) : answer
}

function upload(file: File, fields: [string, string][]): Promise<ImportReport | { job: Job }> {
  const form = new FormData()
  form.append('file', file)
  for (const [name, value] of fields) form.append(name, value)
  const mine = new XMLHttpRequest()
  request = mine
  uploading.value = 0
  return new Promise<ImportReport | { job: Job }>((resolve, reject) => {
    mine.upload.onprogress = ({ loaded, total }) => (uploading.value = total ? loaded / total : 0)
    mine.onload = () => {
      let body: unknown = null
      try {
        body = JSON.parse(mine.responseText)
      } catch {
        // a gateway's page instead of an answer: the status says what there is to say
      }
      if (mine.status < 400 && body) resolve(body as ImportReport | { job: Job })
      else reject(new Problem({ ...((body ?? {}) as ProblemBody), status: mine.status }))
    }
    mine.onerror = () => reject(new NoAnswer())
    mine.onabort = () => reject(new Stopped('stopped'))
    mine.open('POST', '/api/v1/plans/import')
    mine.setRequestHeader('Accept', 'application/json')
    mine.setRequestHeader('Prefer', 'respond-async')
    mine.send(form)
  }).finally(() => {
    uploading.value = null
    request = null
  })
}

/** What a refused file has to say of its places. */
export function faultsOf(failure: unknown): Change[] {
  const faults = failure instanceof Problem ? failure.body.faults : null
  return Array.isArray(faults) ? (faults as Change[]) : []
}
