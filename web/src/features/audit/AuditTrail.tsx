import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { t, type Key } from '../../i18n'
import { auditEn } from '../../i18n/audit'
import { clock, day, number } from '../../i18n/format'
import { openDownload } from '../../ui/save'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { changesOf, particularsOf, queryOf, type Chain, type Line, type Lines } from './trail'

const FIELDS = [
  ['who', 'text'],
  ['action', 'text'],
  ['target', 'text'],
  ['since', 'datetime-local'],
  ['until', 'datetime-local'],
] as const

function Changes({ line }: { line: Line }): JSX.Element | null {
  const changes = changesOf(line)
  if (changes.length === 0) return null
  const words = changes.map(({ table, counts }) => {
    const what = counts.map(([verb, n]) => t(`audit.${verb}` as Key, { n: number(n) })).join(', ')
    return t('audit.changed', { table, what })
  })
  return <span class="small second block">{words.join(' · ')}</span>
}

function Particulars({ line }: { line: Line }): JSX.Element | null {
  const told = particularsOf(line).map(([name, value]) => {
    const known = `audit.of.${name}`
    return t('audit.particular', { name: known in auditEn ? t(known as Key) : name, value })
  })
  return told.length === 0 ? null : <span class="small second block trail-told">{told.join(' · ')}</span>
}

function Row({ line }: { line: Line }): JSX.Element {
  const at = new Date(line.at)
  const sealed = line.seq === null ? t('audit.unsealed') : t('audit.sealed', { n: line.seq })
  return (
    <li class="card trail-line">
      <span class="small" title={sealed}>
        <time datetime={line.at}>
          {day(at)} {clock(at)}
        </time>
      </span>
      <span class="strong">{line.account}</span>
      <span class="trail-what">
        <code>{line.action}</code>
        {line.target && <code class="second block">{line.target}</code>}
        <Particulars line={line} />
        <Changes line={line} />
      </span>
    </li>
  )
}

function ChainNote({ chain }: { chain: Chain }): JSX.Element {
  return (
    <div class={`note ${chain.intact ? '' : 'error'}`} role={chain.intact ? 'status' : 'alert'}>
      <div class="grow">
        <p>
          {chain.intact
            ? t('audit.intact', { n: number(chain.lines), m: number(chain.unsealed) })
            : t('audit.broken', { n: chain.broken ?? 0 })}
        </p>
        {chain.head && (
          <p class="foot one-time">
            <code>{t('audit.head', { place: `${chain.head.seq}:${chain.head.digest}` })}</code>
          </p>
        )}
      </div>
    </div>
  )
}

/** The audit trail: who did what and when, newest first; its export, and the check of its chain. */
export function AuditTrail(): JSX.Element {
  const [query, setQuery] = useState('')
  const [lines, setLines] = useState<Line[] | null>(null)
  const [next, setNext] = useState<number | null>(null)
  const [chain, setChain] = useState<Chain | null>(null)
  const [failure, setFailure] = useState<unknown>(null)

  const load = async (wanted: string, before: number | null): Promise<void> => {
    try {
      const found = await ask<Lines>(`/api/v1/audit?${wanted}${before === null ? '' : `&before=${before}`}`)
      setLines((known) => (before === null ? found.lines : [...(known ?? []), ...found.lines]))
      setNext(found.next)
      setFailure(null)
    } catch (cause) {
      setFailure(cause)
    }
  }
  const verify = (): void =>
    void ask<Chain>('/api/v1/audit/verify').then((found) => (setChain(found), setFailure(null)), setFailure)
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    const wanted = queryOf(new FormData(event.currentTarget as HTMLFormElement))
    setQuery(wanted)
    void load(wanted, null)
  }
  useEffect(() => void load('', null), [])

  return (
    <section class="stack trail" aria-labelledby="trail">
      <h2 id="trail">{t('audit.title')}</h2>
      <form class="admin-fields" onSubmit={onSubmit}>
        {FIELDS.map(([name, type]) => (
          <div class="field" key={name}>
            <label for={`audit-${name}`}>{t(`audit.${name}` as Key)}</label>
            <input id={`audit-${name}`} name={name} type={type as 'text'} class="input" maxLength={200} autocomplete="off" title={name === 'who' ? t('audit.whoHint') : undefined} />
          </div>
        ))}
        <button type="submit" class="button primary">
          {t('audit.find')}
        </button>
      </form>
      <div class="row wrap">
        <button type="button" class="button" onClick={() => openDownload(`/api/v1/audit/export?${query}`, 'audit.csv')}>
          {t('audit.export')}
        </button>
        <button type="button" class="button" onClick={verify}>
          {t('audit.verify')}
        </button>
      </div>
      {chain && <ChainNote chain={chain} />}
      {failure !== null && <ErrorNote error={failure} retry={() => void load(query, null)} />}
      {lines === null && failure === null && <Skeleton />}
      {lines?.length === 0 && <Empty icon="list" title={t('audit.none')} />}
      <ol class="trail-lines" aria-live="polite">
        {lines?.map((line) => (
          <Row key={line.id} line={line} />
        ))}
      </ol>
      {next !== null && (
        <button type="button" class="button" onClick={() => void load(query, next)}>
          {t('audit.more')}
        </button>
      )}
    </section>
  )
}
