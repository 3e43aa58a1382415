import type { ComponentChildren, JSX } from 'preact'

/** A headline figure with its name above and what it stands on below. */
export function Kpi(props: { name: string; value: ComponentChildren; note?: ComponentChildren }): JSX.Element {
  return (
    <div class="kpi">
      <dt>{props.name}</dt>
      <dd>
        <span class="figure">{props.value}</span>
        {props.note !== undefined && <span class="small muted">{props.note}</span>}
      </dd>
    </div>
  )
}
