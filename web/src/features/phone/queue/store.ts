/** The phone's own memory (IndexedDB): it outlives the tab and the browser. */

const NAME = 'gridward-phone'
const VERSION = 1
const STORES = ['outbox', 'kept'] as const
type StoreName = (typeof STORES)[number]

/** The phone has no room left, or lets the page keep nothing; what was to be kept is still on screen. */
export class NotKept extends Error {
  readonly full: boolean

  constructor(cause: unknown) {
    super('not kept', { cause })
    this.full = cause instanceof DOMException && cause.name === 'QuotaExceededError'
  }
}

let opening: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION)
    request.onupgradeneeded = () => {
      for (const name of STORES) if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name)
    }
    request.onsuccess = () => {
      const database = request.result
      const forget = (): void => void (opening = null)
      database.onclose = forget
      // a newer page in another tab wants to change the stores
      database.onversionchange = () => {
        database.close()
        forget()
      }
      resolve(database)
    }
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
    request.onblocked = () => reject(new Error('IndexedDB is held by another tab'))
  })
  return opening
}

/** Runs one transaction; done only when it is on the disk. */
async function run<T>(name: StoreName, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  let database: IDBDatabase
  try {
    database = await open()
  } catch (cause) {
    opening = null
    throw new NotKept(cause)
  }
  return new Promise<T>((resolve, reject) => {
    let request: IDBRequest<T>
    let refused: unknown = null
    const fail = (): void => reject(new NotKept(refused ?? transaction.error ?? new Error('IndexedDB')))
    const transaction = database.transaction(name, mode, { durability: 'strict' })
    transaction.oncomplete = () => resolve(request.result)
    transaction.onerror = fail
    transaction.onabort = fail
    try {
      request = work(transaction.objectStore(name))
      request.onerror = () => (refused = request.error)
    } catch (cause) {
      refused = cause
      transaction.abort()
    }
  })
}

/** Keeps a value under a key.
 *
 * Raises `NotKept` when the phone has no room for it.
 */
export const keep = async (name: StoreName, key: string, value: unknown): Promise<void> => void (await run(name, 'readwrite', (store) => store.put(value, key)))

/** What is kept under a key; null without it. */
export async function kept<T>(name: StoreName, key: string): Promise<T | null> {
  return ((await run(name, 'readonly', (store) => store.get(key))) as T | undefined) ?? null
}

/** Everything in a store. */
export const keptAll = <T>(name: StoreName): Promise<T[]> => run(name, 'readonly', (store) => store.getAll() as IDBRequest<T[]>)

/** Forgets what is kept under a key. */
export const forget = async (name: StoreName, key: string): Promise<void> => void (await run(name, 'readwrite', (store) => store.delete(key)))
