import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { planId } from '../../api/data'
import { t, type Key } from '../../i18n'
import { code, number } from '../../i18n/format'
import { TextField } from '../../ui/fields'
import { JobBar } from '../../ui/JobBar'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { apply, mayStaff, proposal, propose, roleName, ruleName, rules, type Staffing as Proposal } from './organisation'

const most = signal<Record<string, number>>({})
const failure = signal<unknown>(null)
const busy = signal(false)
const SHOWN = 200

async function doing(step: () => Promise<void>): Promise<void> {
  if (busy.peek()) return
  busy.value = true
  failure.value = null
  try {
    await step()
  } catch (cause) {
    failure.value = cause
  }
  busy.value = false
}

function Role({ of }: { of: Proposal['roles'][number] }): JSX.Element {
  return (
    <section class="pad" aria-label={roleName(of.role)}>
      <h2>{roleName(of.role)}</h2>
      <p class="small second">
        {t('org.roleLine', { people: number(of.people), eligible: number(of.eligible), most: number(of.most_posts) })} · {of.gap === 0 ? t('org.best') : t('org.gap', { n: number(of.gap * 100, 1) })}
      </p>
      <p>{t('org.churn', { kept: number(of.kept), new: number(of.new), changed: number(of.changed), ended: number(of.ended) })}</p>
      <ul>
        {of.violations.map((each) => (
          <li key={`${each.rule} ${each.reason}`}>
            <details>
              <summary>{t('org.lacks', { rule: ruleName(each.rule), reason: t(`org.reason.${each.reason}` as Key), n: number(each.lacking) })}</summary>
              <p class="small num org-places">{each.places.map((place) => code(place)).join(' · ')}</p>
            </details>
          </li>
        ))}
        {of.unplaced.length > 0 && <li>{t('org.unplaced', { who: of.unplaced.join(' · ') })}</li>}
      </ul>
      {of.moves.length > 0 && (
        <details>
          <summary>{`${t('org.moves')} ${number(of.moves.length)}`}</summary>
          <div class="org-moves" tabIndex={0} role="region" aria-label={t('org.moves')}>
            <table class="plain">
              <thead>
                <tr>
                  <th scope="col">{t('org.place')}</th>
                  <th scope="col">{t('org.now')}</th>
                  <th scope="col">{t('org.then')}</th>
                </tr>
              </thead>
              <tbody>
                {of.moves.slice(0, SHOWN).map((move) => (
                  <tr key={`${move.code} ${move.staff ?? ''} ${move.was ?? ''}`}>
                    <th scope="row" class="num">
                      {code(move.code)}
                    </th>
                    <td class="num">{move.was ?? t('org.nobody')}</td>
                    <td class="num">{move.staff ?? t('org.nobody')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </section>
  )
}

/** Posts filled by the rules, to look at and to put in force. */
export function Staffing(): JSX.Element {
  const known = rules.data.value
  if (!planId.value) return <Empty icon="people" title={t('org.noPlan')} hint={t('org.noPlanHint')} />
  if (!known) return rules.error.value ? <ErrorNote error={rules.error.value} retry={() => void rules.load()} /> : <Skeleton />
  const made = proposal.value
  const counted = known.filter((rule) => rule.active && rule.counts_only)
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.staffing')}>
      <p class="small second pad">{t('org.proposeHint')}</p>
      {counted.length > 0 && <p class="small second pad">{t('org.countsOnly', { rules: counted.map((rule) => ruleName(rule.code)).join(' · ') })}</p>}
      <ul class="pad org-rules">
        {known
          .filter((rule) => rule.active && !rule.counts_only)
          .map((rule) => (
            <li key={rule.code}>
              <TextField
                id={`org-most-${rule.code}`}
                label={`${ruleName(rule.code)}: ${t('org.most')}`}
                value={String(most.value[rule.code] ?? rule.max_posts)}
                maxLength={4}
                onInput={(text) => (most.value = { ...most.value, [rule.code]: Math.min(1000, Math.max(1, Number(text) || 1)) })}
              />
            </li>
          ))}
      </ul>
      <div class="row pad-row">
        <button type="button" class="button primary" aria-disabled={!mayStaff.value || busy.value} data-tip={mayStaff.value ? undefined : t('org.planner')} onClick={() => mayStaff.value && void doing(() => propose(most.value))}>
          {t('org.propose')}
        </button>
      </div>
      <JobBar />
      {failure.value !== null && <ErrorNote error={failure.value} />}
      {made && (
        <>
          {made.roles.map((role) => (
            <Role key={role.role} of={role} />
          ))}
          {made.roles.every((role) => role.moves.length === 0) && <p class="pad">{t('org.noMoves')}</p>}
          <div class="row pad-row">
            {made.status === 'applied' ? (
              <span class="chip ok" role="status">
                {t('org.applied')}
              </span>
            ) : (
              <button type="button" class="button primary" aria-disabled={!mayStaff.value || busy.value} onClick={() => void doing(() => apply().then(() => toast(t('org.applied'))))}>
                {t('org.apply')}
              </button>
            )}
          </div>
        </>
      )}
    </div>
  )
}
