/** What a tool asks the server to do, and the request that it becomes. Pure. */
import type { LonLat } from './plane'

export type Command =
  | { kind: 'vertex'; grids: string[]; from: LonLat; to: LonLat }
  | { kind: 'border'; grids: [string, string]; line: LonLat[] }
  | { kind: 'split'; grid: string; line: LonLat[] }
  | { kind: 'merge'; grids: string[] }
  | { kind: 'reassign'; atoms: number[]; to: string; from: string[] }
  | { kind: 'draw'; ring: LonLat[]; from: string[] }
  | { kind: 'improve'; grids: string[]; tolerance: number }
  | { kind: 'lock'; grid: string; locked: boolean }
  | { kind: 'rename'; grid: string; name: string }
  | { kind: 'undo' }
  | { kind: 'redo' }

export interface Ask {
  path: string
  body: Record<string, unknown> | null
}

const line = (coordinates: LonLat[]): object => ({ type: 'LineString', coordinates })

/** The grids whose revisions go with a command. */
export function gridsOf(command: Command): string[] {
  switch (command.kind) {
    case 'split':
    case 'lock':
    case 'rename':
      return [command.grid]
    case 'reassign':
      return [...new Set([command.to, ...command.from])]
    case 'draw':
      return command.from
    case 'undo':
    case 'redo':
      return []
    default:
      return command.grids
  }
}

/** The request of a command on a plan, without revisions. */
export function askOf(command: Command): Ask {
  switch (command.kind) {
    case 'vertex':
      return { path: '/borders/move', body: { grids: command.grids, vertex: { from: command.from, to: command.to } } }
    case 'border':
      return { path: '/borders/move', body: { grids: command.grids, line: line(command.line) } }
    case 'split':
      return { path: `/grids/${command.grid}/split`, body: { line: line(command.line) } }
    case 'merge':
      return { path: '/grids/merge', body: { grids: command.grids } }
    case 'reassign':
      return { path: '/reassign', body: { atoms: command.atoms, to: command.to } }
    case 'draw':
      return { path: '/grids', body: { polygon: { type: 'Polygon', coordinates: [command.ring] } } }
    case 'improve':
      return { path: '/improve', body: { grids: command.grids, tolerance: command.tolerance } }
    case 'lock':
      return { path: `/grids/${command.grid}/lock`, body: { locked: command.locked } }
    case 'rename':
      return { path: `/grids/${command.grid}/rename`, body: { name: command.name } }
    default:
      return { path: `/${command.kind}`, body: null }
  }
}

/** What is drawn of a command: its line, ring or point; nothing for a merge. */
export function drawnOf(command: Command): LonLat[] {
  if (command.kind === 'vertex') return [command.from, command.to]
  if (command.kind === 'border' || command.kind === 'split') return command.line
  return command.kind === 'draw' ? command.ring : []
}
