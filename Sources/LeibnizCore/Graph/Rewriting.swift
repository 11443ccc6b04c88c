/// The same operations on other operands.
enum Rewriting {
    /// The nodes that compute what `nodes` compute, with some nodes replaced by others of the same types: what does not depend on
    /// those stays as it is.
    ///
    /// - Parameters:
    ///   - nodes: operands before users, with all between the roots and what is replaced.
    ///   - replaced: the replacements so far; those of `nodes` are added.
    static func rewrite(_ nodes: [Node], _ replaced: inout [Node: Node]) {
        for node in nodes where replaced[node] == nil {
            let operands = node.operands
            guard operands.contains(where: { replaced[$0] != nil }) else { continue }
            replaced[node] = Node(
                node.primitive, operands.map { replaced[$0] ?? $0 }, node.type, isWeak: node.isWeak)
        }
    }
}
