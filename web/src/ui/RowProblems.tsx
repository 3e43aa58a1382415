import type { JSX } from 'preact'
import { lang, t } from '../i18n'
import { number } from '../i18n/format'
import { rowProblemZh } from '../i18n/rows'

/** A row of a file with what is wrong with it, and what to do. */
export interface RowProblem {
  line: number
  column: string
  value: string
  reason: string
  remedy: string
}

const SHOWN = 200

/** The rows of a file that were refused, or kept with something missing; `all` where more are known than listed. */
export function RowProblems({ title, list, rows, all = rows.length }: { title: string; list: string; rows: readonly RowProblem[]; all?: number }): JSX.Element | null {
  if (rows.length === 0) return null
  return (
    <section class="row-problems" aria-label={title}>
      <h3>{`${title} ${number(all)}`}</h3>
      <div class="org-moves" tabIndex={0} role="region" aria-label={list}>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">{t('org.line')}</th>
              <th scope="col">{t('org.column')}</th>
              <th scope="col">{t('org.value')}</th>
              <th scope="col">{t('org.reasonRow')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN).map((row) => (
              <tr key={`${row.line} ${row.column}`}>
                <th scope="row" class="num">
                  {row.line}
                </th>
                <td>{row.column}</td>
                <td class="num">{row.value}</td>
                <td>{lang.value === 'zh' ? rowProblemZh(row.reason, row.remedy) : [row.reason, row.remedy].filter(Boolean).join('; ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {all > SHOWN && <p class="small muted">{t('intake.firstRows', { n: number(SHOWN), all: number(all) })}</p>}
    </section>
  )
}
