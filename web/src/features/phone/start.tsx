/** The phone page by itself: a phone fetches neither the desks nor, before it is looked at, the map. */
import { render } from 'preact'
import '../../styles/fonts.css'
import '../../styles/tokens.css'
import '../../styles/base.css'
import '../../styles/controls.css'
import '../../styles/shell.css'
import '../../styles/clocks.css'
import '../../styles/phone.css'
import { PhoneApp } from './PhoneApp'
import { startLook } from './route'

export function start(root: HTMLElement): void {
  startLook()
  render(<PhoneApp />, root)
}
