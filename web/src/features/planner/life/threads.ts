/** Comments of a plan as threads. Pure. */
import type { Comment } from './life'

export interface Thread {
  first: Comment
  answers: Comment[]
  open: boolean
}

/** First remarks with their answers; open threads before settled ones, each newest first. */
export function threadsOf(comments: readonly Comment[]): Thread[] {
  const threads = comments
    .filter((comment) => comment.reply_to === null)
    .map((first) => ({
      first,
      answers: comments.filter((comment) => comment.reply_to === first.id),
      open: first.resolved_at === null,
    }))
  return threads.sort((a, b) => Number(b.open) - Number(a.open) || b.first.created_at.localeCompare(a.first.created_at))
}

/** Where a thread is pinned: its place, else the middle of its grid. */
export function pinOf(thread: Thread, centreOf: (code: string) => [number, number] | undefined): [number, number] | null {
  const { point, grid } = thread.first
  if (point) return [point[0] as number, point[1] as number]
  return (grid && centreOf(grid.code)) ?? null
}
