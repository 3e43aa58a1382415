import type { ComponentChildren, JSX } from 'preact'
import { NoAnswer, Problem } from '../api/client'
import { Stopped } from '../api/jobs'
import { lang, t } from '../i18n'
import { refusalZh } from '../i18n/problems'
import { Icon } from './Icon'

/** What is missing, and the next step. */
export function Empty(props: { icon?: string; title: string; hint?: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <Icon name={props.icon ?? 'map'} />
      <h2>{props.title}</h2>
      {props.hint && <p>{props.hint}</p>}
      {props.children && <div class="row wrap">{props.children}</div>}
    </div>
  )
}

const WIDTHS = [62, 48, 70, 55, 64, 40, 58]

/** Grey bars in place of what is on its way. */
export function Skeleton({ rows = 7 }: { rows?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label={t('common.loading')}>
      {WIDTHS.slice(0, rows).map((width) => (
        <span key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}

/** The sentence of an error for people. */
export function sentence(error: unknown): string {
  if (error instanceof NoAnswer) return t(error.reading ? 'error.unreachable' : 'error.network')
  if (error instanceof Stopped) return t('job.stopped')
  if (error instanceof Problem && lang.value === 'zh') return refusalZh(error.body) ?? (error.message || t('error.forbidden'))
  if (error instanceof Problem && error.status === 403) return error.message || t('error.forbidden')
  return error instanceof Error ? error.message : String(error)
}

/** What went wrong, where, and that nothing was saved; code and request id small. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: (() => void) | undefined }): JSX.Element {
  const problem = error instanceof Problem ? error : null
  return (
    <div class="note error" role="alert">
      <Icon name="alert" />
      <div class="grow">
        <p>{sentence(error)}</p>
        {problem?.code && (
          <p class="foot muted">
            {problem.code}
            {problem.requestId && ` · ${t('error.request', { id: problem.requestId.slice(0, 8) })}`}
          </p>
        )}
        {retry && (
          <button type="button" class="link" onClick={retry}>
            {t('error.again')}
          </button>
        )}
      </div>
    </div>
  )
}
