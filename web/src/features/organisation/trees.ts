/** Rows that name their parents, as trees. */

export interface Node<Row> {
  row: Row
  below: Node<Row>[]
}

/** Rows as a tree by their parents; one whose parent is not there stands at the top. */
export function nested<Row extends { id: string; parent_id: string | null }>(rows: readonly Row[]): Node<Row>[] {
  const nodes = new Map(rows.map((row) => [row.id, { row, below: [] as Node<Row>[] }]))
  const top: Node<Row>[] = []
  for (const node of nodes.values()) {
    const above = node.row.parent_id ? nodes.get(node.row.parent_id) : undefined
    ;(above ? above.below : top).push(node)
  }
  return top
}
