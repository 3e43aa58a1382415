/** Sends one entry, step by step; each step that the server has is written down before the next. */
import { Problem } from '../../../api/client'
import { afterArrival, type Act, type Entry, type Photo, type Report } from './entry'

export interface CaseNow {
  no: string
  revision: number
  state: string
  /** What this account may do now. */
  actions: string[]
}

/** How the server is reached. */
export interface Ways {
  upload: (photo: Photo, key: string) => Promise<string>
  report: (report: Report, media: string[], key: string) => Promise<CaseNow>
  act: (no: string, act: Act, media: Photo[], revision: number, key: string) => Promise<void>
  look: (no: string) => Promise<CaseNow>
}

/** The case went on while this waited: the step fits it no longer. */
export class MovedOn extends Problem {
  constructor(state: string) {
    super({ status: 409, code: 'moved-on', state })
  }
}

/** Whether a report was refused only because this phone's clock runs far ahead: it is no less true for that. */
function clockIsWrong(cause: unknown): boolean {
  return cause instanceof Problem && cause.status === 422 && cause.body['field'] === 'occurred_at'
}

async function uploaded(entry: Entry, ways: Ways, keep: (entry: Entry) => Promise<void>): Promise<Entry> {
  let now = entry
  for (const photo of entry.photos) {
    if (photo.media !== null || !photo.blob) continue
    const media = await ways.upload(photo, `${entry.key}-${photo.id}`)
    now = { ...now, photos: now.photos.map((one) => (one.id === photo.id ? { ...one, media } : one)) }
    await keep(now)
  }
  return now
}

/** Takes the step; if somebody changed the case meanwhile, once more on its present version where it still fits. */
async function act(entry: Entry, on: Act, known: CaseNow | null, ways: Ways): Promise<void> {
  const no = entry.no ?? ''
  const media = entry.photos.filter((photo) => photo.media !== null)
  const from = known ?? (on.revision === null ? await ways.look(no) : null)
  try {
    await ways.act(no, on, media, from?.revision ?? on.revision ?? 0, `${entry.key}-act`)
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status !== 412) throw cause
    const present = await ways.look(no)
    const fits = on.task !== null || present.actions.includes(on.action)
    if (!fits || (on.state !== null && present.state !== on.state)) throw new MovedOn(present.state)
    await ways.act(no, on, media, present.revision, `${entry.key}-act`)
  }
}

/** Sends what of an entry has not arrived yet and returns it as it is then.
 *
 * `keep` writes an entry down; a try that fails raises after what arrived was kept.
 */
export async function sendEntry(entry: Entry, ways: Ways, keep: (entry: Entry) => Promise<void>, clock: () => number): Promise<Entry> {
  let now = await uploaded(entry, ways, keep)
  let known: CaseNow | null = null
  if (now.report && now.no === null) {
    const media = now.photos.flatMap((photo) => photo.media ?? [])
    known = await ways.report(now.report, media, now.key).catch(async (cause: unknown) => {
      if (!clockIsWrong(cause) || !now.report) throw cause
      // kept before it is sent: a later try has to say the same under the same key
      now = { ...now, report: { ...now.report, occurred_at: null } }
      await keep(now)
      return ways.report(now.report as Report, media, now.key)
    })
    now = { ...now, no: known.no }
    await keep(now)
  }
  if (now.act) await act(now, now.act, known, ways)
  const arrived = afterArrival(now, clock())
  await keep(arrived)
  return arrived
}
