/** The desks, with everything they need. */
import { render } from 'preact'
import '../../styles/fonts.css'
import '../../styles/tokens.css'
import '../../styles/base.css'
import '../../styles/controls.css'
import '../../styles/clocks.css'
import '../../styles/shell.css'
import '../../styles/map.css'
import '../../styles/desks.css'
import '../../styles/quality.css'
import '../../styles/life.css'
import '../../styles/edit.css'
import '../../styles/coverage.css'
import '../../styles/accounts.css'
import '../../styles/areas.css'
import '../../styles/organisation.css'
import '../../styles/dispatch.css'
import '../../styles/audit.css'
import { App } from './App'
import { addressAfterSignIn, signInCode } from '../../map/permalink'
import { startAddress } from '../../map/store'

export function start(root: HTMLElement): void {
  // The one-time code is taken out of the address before anything else reads or keeps it.
  const code = signInCode(location.hash)
  if (code !== null) history.replaceState(null, '', location.pathname + addressAfterSignIn(location.hash))
  startAddress()
  render(<App code={code} />, root)
}
