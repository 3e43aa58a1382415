import type { JSX } from 'preact'
import { lang, t } from '../../i18n'
import { gridNumber, number } from '../../i18n/format'
import { store } from '../../map/store'
import { niceTop } from '../../ui/histogram'
import type { Quality } from './quality'

/** Grids by households (reaches by length), and those outside their band with the reason. */
export function QualitySizes({ data }: { data: Quality }): JSX.Element {
  const metres = data.measure === 'metres'
  const title = t(metres ? 'quality.lengths' : 'quality.sizes')
  const { edges, counts } = data.histogram
  const top = niceTop(Math.max(1, ...counts))
  const [first, last] = [edges[0] ?? 0, edges[edges.length - 1] ?? 0]
  return (
    <>
      <figure class="histogram sizes" aria-label={title}>
        <figcaption class="small second">{title}</figcaption>
        <div class="plot">
          <div class="y foot muted" aria-hidden="true">
            <span>{top}</span>
            <span>{top / 2}</span>
            <span>0</span>
          </div>
          <div class="bars" role="img" aria-label={t(metres ? 'quality.lengthsWords' : 'quality.sizesWords', { low: number(first), high: number(last) })}>
            {counts.map((count, k) => {
              const words = t(metres ? 'quality.lengthsBar' : 'quality.sizesBar', { a: number(edges[k] ?? 0), b: number(edges[k + 1] ?? 0), n: number(count) })
              return <span class="size-bar" key={k} title={words} style={{ height: `${(count / top) * 100}%` }} />
            })}
          </div>
          <div class="x foot muted" aria-hidden="true">
            <span>{number(first)}</span>
            <span>{number((first + last) / 2)}</span>
            <span>{number(last)}</span>
          </div>
        </div>
        <table class="visually-hidden">
          <caption>{title}</caption>
          <tbody>
            {counts.map((count, k) => (
              <tr key={k}>
                <th scope="row">
                  {number(edges[k] ?? 0)}–{number(edges[k + 1] ?? 0)}
                </th>
                <td>{number(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </figure>
      {data.outside.length > 0 && (
        <ul class="checks outside" aria-label={t('quality.outside')}>
          {data.outside.map((row) => (
            <li key={row.code}>
              <button type="button" class="answer-row" onClick={() => (store.grid.value = row.code)}>
                <span class="strong">{gridNumber(row.code)}</span>
                <span class="num small">
                  {number(row.size)} {metres ? 'm' : t('unit.households')}
                </span>
                <span class="grow small second ellipsis">{row.reason[lang.value]}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
