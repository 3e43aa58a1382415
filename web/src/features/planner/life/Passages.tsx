import type { ComponentChildren, JSX } from 'preact'
import { t } from '../../../i18n'
import { moment } from '../../../i18n/format'

interface PassageProps {
  /** What was done. */
  name: string
  /** Who did it; null for what came about by itself. */
  actor: string | null | undefined
  at: string
  note?: string
  /** What came of it. */
  children?: ComponentChildren
}

/** A step in the life of a plan or a change set. */
export function PassageRow({ name, actor, at, note, children }: PassageProps): JSX.Element {
  return (
    <li class="passage">
      <p class="row">
        <span class="strong">{name}</span>
        <span class="grow small second">{actor ?? t('life.byItself')}</span>
        <span class="small muted">{moment(at)}</span>
      </p>
      {note && <p class="remark-text">{note}</p>}
      {children}
    </li>
  )
}
