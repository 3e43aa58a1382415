import { signal, type Signal } from '@preact/signals'

/** Something fetched from the server: the last good answer stays while a newer one is on its way. */
export interface Resource<T> {
  data: Signal<T | null>
  error: Signal<Error | null>
  /** True after 300 ms without an answer: quick answers show no loading state. */
  loading: Signal<boolean>
  at: Signal<Date | null>
  load: () => Promise<void>
  /** Puts a newer state on screen than any answer that is on its way. */
  put: (value: T) => void
  clear: () => void
}

const PATIENCE_MS = 300

/** Makes a resource; a newer `load` makes the answer of an older one void. */
export function resource<T>(fetcher: (abort: AbortSignal) => Promise<T>): Resource<T> {
  const data = signal<T | null>(null)
  const error = signal<Error | null>(null)
  const loading = signal(false)
  const at = signal<Date | null>(null)
  let current: AbortController | null = null

  async function load(): Promise<void> {
    current?.abort()
    const mine = new AbortController()
    current = mine
    const slow = setTimeout(() => {
      if (current === mine) loading.value = true
    }, PATIENCE_MS)
    try {
      const answer = await fetcher(mine.signal)
      if (current !== mine) return
      data.value = answer
      error.value = null
      at.value = new Date()
    } catch (cause) {
      if (current !== mine || (cause instanceof DOMException && cause.name === 'AbortError')) return
      error.value = cause as Error
    } finally {
      clearTimeout(slow)
      if (current === mine) {
        loading.value = false
        current = null
      }
    }
  }

  function put(value: T): void {
    data.value = value
    at.value = new Date()
    // what is on its way may be older: ask again
    if (current) void load()
  }

  function clear(): void {
    current?.abort()
    current = null
    data.value = null
    error.value = null
    loading.value = false
  }

  return { data, error, loading, at, load, put, clear }
}
