import type { JSX } from 'preact'
import { number } from '../i18n/format'

export interface Bar {
  key: string
  words: string
  n: number
  /** A sum of many: its bar would dwarf the others. */
  rest?: boolean
  /** Narrows what is on screen to it. */
  onPick?: (() => void) | undefined
}

/** A chart that is a table, too: what is counted, how often, and a bar as long as that. */
export function Bars({ title, head, bars }: { title: string; head: [string, string]; bars: readonly Bar[] }): JSX.Element {
  const most = Math.max(1, ...bars.map(({ n, rest }) => (rest ? 0 : n)))
  return (
    <section class="bar-chart" aria-label={title}>
      <h3>{title}</h3>
      <table>
        <caption class="visually-hidden">{title}</caption>
        <thead class="visually-hidden">
          <tr>
            <th scope="col">{head[0]}</th>
            <th scope="col">{head[1]}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map(({ key, words, n, rest, onPick }) => (
            <tr key={key}>
              <th scope="row">
                {onPick ? (
                  <button type="button" class="link ellipsis" title={words} onClick={onPick}>
                    {words}
                  </button>
                ) : (
                  <span class="ellipsis" title={words}>
                    {words}
                  </span>
                )}
              </th>
              <td>
                {!rest && <span class="bar" style={{ width: `${(n / most) * 100}%` }} aria-hidden="true" />}
                <span class="num">{number(n)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
