import { signal } from '@preact/signals'
import { unattended } from './attended'
import type { ProblemBody } from './types'

/** True once the server said that nobody is signed in. */
export const signedOut = signal(false)

/** A refusal of the server, with the sentence it gave for people. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | null
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(body.detail ?? body.title ?? `HTTP ${body.status}`)
    this.status = body.status
    this.code = body.code ?? ''
    this.requestId = body.request_id ?? null
    this.body = body
  }
}

/** Where a refusal is, if it says: longitude and latitude. */
export function placeOf(failure: unknown): [number, number] | null {
  const at = failure instanceof Problem ? failure.body.place : null
  return Array.isArray(at) && at.length === 2 ? (at as [number, number]) : null
}

/** The server did not answer at all. */
export class NoAnswer extends Error {
  /** Something was only read, so nothing can have been lost. */
  readonly reading: boolean

  constructor(options: ErrorOptions & { reading?: boolean } = {}) {
    super('no answer', options)
    this.reading = options.reading ?? false
  }
}

export interface CallOptions {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

export interface Answer<T> {
  data: T
  status: number
  ms: number
  etag: string | null
}

async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  try {
    const body = (await response.json()) as ProblemBody
    return new Problem({ ...body, status: response.status, request_id: body.request_id ?? requestId ?? '' })
  } catch {
    return new Problem({ status: response.status, title: response.statusText, request_id: requestId ?? '' })
  }
}

/** Calls the server; raises `Problem` for a refusal and `NoAnswer` when it cannot be reached. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: 'application/json', ...unattended(), ...options.headers }
  // a form with files names its own type, with the border between its parts
  const form = options.body instanceof FormData ? options.body : null
  if (options.body !== undefined && !form) headers['Content-Type'] = 'application/json'
  const started = performance.now()
  let response: Response
  try {
    response = await fetch(path, {
      method: options.method ?? 'GET',
      headers,
      body: form ?? (options.body === undefined ? null : JSON.stringify(options.body)),
      signal: options.signal ?? null,
      credentials: 'same-origin',
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new NoAnswer({ cause, reading: (options.method ?? 'GET') === 'GET' })
  }
  const ms = Math.round(performance.now() - started)
  if (!response.ok) {
    if (response.status === 401 && !path.endsWith('/session')) signedOut.value = true
    throw await problemOf(response)
  }
  const data = (response.status === 204 ? null : await response.json()) as T
  return { data, status: response.status, ms, etag: response.headers.get('etag') }
}

/** Calls the server and keeps only what it answered. */
export async function ask<T>(path: string, options: CallOptions = {}): Promise<T> {
  return (await call<T>(path, options)).data
}

/** A query string of the values that are set, with its question mark. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '')
  if (pairs.length === 0) return ''
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()}`
}
