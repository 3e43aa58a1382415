import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { t } from '../../i18n'
import { day, number } from '../../i18n/format'
import { SelectField, TextField } from '../../ui/fields'
import { toast } from '../../ui/toast'
import { addUnit, changeUnit } from './changes'
import { DoingForm } from './Doing'
import { Moment } from './Moment'
import { mayStaff, tree, type Unit } from './organisation'
import { nested, type Node } from './trees'

const KINDS = ['department', 'centre', 'team', 'mediation', 'grid_school', 'outside'] as const
type Draft = Record<'code' | 'name' | 'kind' | 'parent' | 'area' | 'valid_from' | 'valid_to', string>

/** A day without a time, as it stands on the wall. */
const dayOf = (text: string): string => day(new Date(`${text}T00:00`))
const draftOf = (unit: Unit | null): Draft => ({
  code: unit?.code ?? '',
  name: unit?.name ?? '',
  kind: unit?.kind ?? 'department',
  parent: unit?.parent_id ?? '',
  area: unit?.area_id ?? '',
  valid_from: unit?.valid_from ?? '',
  valid_to: unit?.valid_to ?? '',
})

/** The form that sets up a unit, or changes the one that is chosen: only what differs is sent. */
function UnitForm({ unit, done }: { unit: Unit | null; done: () => void }): JSX.Element {
  const draft = useSignal(draftOf(unit))
  const now = draft.value
  const set = (part: Partial<Draft>): void => void (draft.value = { ...draft.peek(), ...part })
  const all = tree.data.value
  const units: [string, string][] = (all?.units ?? []).filter((each) => each.id !== unit?.id).map((each) => [each.id, `${each.code} ${each.name}`])
  const closed = now.parent !== '' && !units.some(([id]) => id === now.parent)
  if (closed) units.unshift([now.parent, t('org.unitClosed')])
  const areas: [string, string][] = (all?.areas ?? []).map((each) => [each.id, `${each.name} ${each.code}`])
  const kinds: [string, string][] = [...new Set<string>([...KINDS, now.kind])].map((kind) => [kind, (KINDS as readonly string[]).includes(kind) ? t(`org.kind.${kind as (typeof KINDS)[number]}`) : kind])
  const send = async (): Promise<void> => {
    const given = { ...draft.peek(), parent: draft.peek().parent || null, area: draft.peek().area || null, valid_from: draft.peek().valid_from || null, valid_to: draft.peek().valid_to || null }
    if (unit) {
      const was = { name: unit.name, kind: unit.kind, parent: unit.parent_id, area: unit.area_id, valid_from: unit.valid_from, valid_to: unit.valid_to }
      const changes = Object.fromEntries(Object.entries(was).flatMap(([name, before]) => (given[name as keyof typeof was] === before ? [] : [[name, given[name as keyof typeof was]]])))
      if (Object.keys(changes).length > 0) await changeUnit(unit, changes)
    } else {
      await addUnit({ code: given.code.trim(), name: given.name.trim(), kind: given.kind, parent: given.parent, area: given.area, valid_from: given.valid_from })
    }
    toast(t('org.saved'))
    done()
  }
  const why = now.name.trim() && now.code.trim() ? '' : t('org.unitNeeds')
  return (
    <DoingForm label={unit ? t('org.changeUnit', { name: unit.name }) : t('org.addUnit')} submit={unit ? t('org.save') : t('org.add')} why={why} onSubmit={send}>
      {!unit && <TextField id="unit-code" label={t('org.unitCode')} value={now.code} maxLength={60} onInput={(code) => set({ code })} />}
      <TextField id="unit-name" label={t('org.unitName')} value={now.name} maxLength={200} onInput={(name) => set({ name })} />
      <SelectField id="unit-kind" label={t('org.unitKind')} value={now.kind} options={kinds} onChange={(kind) => set({ kind })} />
      <SelectField id="unit-parent" label={t('org.unitParent')} value={now.parent} options={[['', t('org.nobody')], ...units]} onChange={(parent) => set({ parent })} />
      <SelectField id="unit-area" label={t('org.unitArea')} value={now.area} options={[['', t('org.nobody')], ...areas]} onChange={(area) => set({ area })} />
      <Moment id="unit-begin" type="date" label={t('org.unitBegin')} value={now.valid_from} onInput={(valid_from) => set({ valid_from })} />
      {unit && <Moment id="unit-end" type="date" label={t('org.unitEnd')} value={now.valid_to} onInput={(valid_to) => set({ valid_to })} />}
    </DoingForm>
  )
}

interface RowProps {
  node: Node<Unit>
  deep: number
  chosen: string | null
  choose: (id: string | null) => void
}

function UnitRow({ node, deep, chosen, choose }: RowProps): JSX.Element {
  const { row } = node
  const open = chosen === row.id
  return (
    <li>
      <button type="button" class={`org-node ${open ? 'pressed' : ''}`} aria-pressed={open} style={{ paddingInlineStart: `${8 + deep * 16}px` }} onClick={() => choose(open ? null : row.id)}>
        <span class="grow ellipsis">
          {row.name} <span class="num muted small">{row.code}</span>
        </span>
        {row.parent_id !== row.above_id && <span class="chip warn">{t('org.parentClosed')}</span>}
        <span class="small second">
          {row.valid_from && `${t('org.since', { day: dayOf(row.valid_from) })} · `}
          {row.valid_to && `${t('org.until', { day: dayOf(row.valid_to) })} · `}
          {t('org.staffCount')} <b class="num">{number(row.staff)}</b>
        </span>
      </button>
      {open && mayStaff.value && <UnitForm key={`${row.id} ${row.revision}`} unit={row} done={() => choose(null)} />}
      {node.below.length > 0 && (
        <ul>
          {node.below.map((each) => (
            <UnitRow key={each.row.id} node={each} deep={deep + 1} chosen={chosen} choose={choose} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** Units by the area that they are of, each group as a tree; choosing one opens its form. */
export function Units(): JSX.Element {
  const chosen = useSignal<string | null>(null)
  const adding = useSignal(false)
  const units = tree.data.value?.units ?? []
  const groups = new Map<string, Node<Unit>[]>()
  for (const node of nested(units)) {
    const name = node.row.area_name ?? t('org.wholeTerritory')
    groups.set(name, [...(groups.get(name) ?? []), node])
  }
  return (
    <>
      <div class="row org-head">
        <h2 class="grow">{t('org.units')}</h2>
        {mayStaff.value && (
          <button type="button" class="button" aria-expanded={adding.value} onClick={() => (adding.value = !adding.value)}>
            {t('org.addUnit')}
          </button>
        )}
      </div>
      {adding.value && <UnitForm unit={null} done={() => (adding.value = false)} />}
      {units.length === 0 && <p class="small second pad">{t('org.noUnits')}</p>}
      {[...groups].map(([name, nodes]) => (
        <section key={name} aria-label={name}>
          <h3 class="org-head small second">{name}</h3>
          <ul class="org-tree">
            {nodes.map((node) => (
              <UnitRow key={node.row.id} node={node} deep={0} chosen={chosen.value} choose={(id) => (chosen.value = id)} />
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}
