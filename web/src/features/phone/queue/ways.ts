/** How the queue reaches the server. */
import { ask, call } from '../../../api/client'
import type { CaseAnswer } from '../cases'
import type { Act, Photo, Report } from './entry'
import type { CaseNow, Ways } from './send'

const KEY = 'Idempotency-Key'

async function upload(photo: Photo, key: string): Promise<string> {
  const form = new FormData()
  form.set('file', photo.blob as Blob, `${photo.id}.jpg`)
  form.set('stage', photo.stage)
  return (await ask<{ id: string }>('/api/v1/media', { method: 'POST', body: form, headers: { [KEY]: key } })).id
}

async function look(no: string): Promise<CaseNow> {
  const found = await ask<CaseAnswer>(`/api/v1/incidents/${encodeURIComponent(no)}`)
  const { revision, state } = found.incident
  return { no, revision, state, actions: found.actions.map((one) => one.action) }
}

async function report({ point, plate, item_code, ...rest }: Report, media: string[], key: string): Promise<CaseNow> {
  const place = plate ? { plate } : point
  const body = { ...rest, ...place, ...(item_code ? { item_code } : {}), ...(media.length ? { media } : {}) }
  const answer = await call<{ incident: { no: string; revision: number; state: string } }>('/api/v1/incidents', { method: 'POST', body, headers: { [KEY]: key } })
  const { no, revision, state } = answer.data.incident
  // a repeat tells what the report was when it came: look what it is now
  return answer.status === 201 ? { no, revision, state, actions: [] } : look(no)
}

async function act(no: string, { action, task, body }: Act, media: Photo[], revision: number, key: string): Promise<void> {
  const of = `/api/v1/incidents/${encodeURIComponent(no)}`
  const path = task ? `${of}/tasks/${task}/${action}` : `${of}/actions/${action}`
  const whole = media.length ? { ...body, media: media.flatMap((photo) => photo.media ?? []) } : body
  await call(path, { method: 'POST', body: whole, headers: { [KEY]: key, 'If-Match': `"${revision}"` } })
}

export const ways: Ways = { upload, report, act, look }
