import LeibnizKernels

/// Backpropagation: the chain rule from results to operands, each node once.
enum Reverse {
    /// The cotangents of `targets`, given those of `roots`. `nil` where a target does not influence the roots.
    ///
    /// Targets are independent of each other: nothing passes through one to another. Linear in the size of the graph between
    /// targets and roots. Iterative.
    static func cotangents(of roots: [(node: Node, cotangent: Tensor)], at targets: [Node]) -> [Tensor?] {
        let wanted = Set(targets)
        let order = Node.sorted(roots.map(\.node), through: { !wanted.contains($0) })
        // What lies on a path from a target.
        var isOnPath = Set<Node>()
        for node in order where wanted.contains(node) || node.operands.contains(where: isOnPath.contains) {
            isOnPath.insert(node)
        }
        var cotangents: [Node: Tensor] = [:]
        for (node, cotangent) in roots { cotangents[node] = Tensor.sum(cotangents[node], cotangent) }
        for node in order.reversed() where isOnPath.contains(node) && !wanted.contains(node) {
            guard let cotangent = cotangents[node] else { continue }
            let operands = node.operands
            let isWanted = operands.map(isOnPath.contains)
            guard isWanted.contains(true) else { continue }
            cotangents[node] = nil
            let gains = node.primitive.pullback(
                cotangent, operands: operands.map(Tensor.init), result: Tensor(node), wanted: isWanted)
            for (operand, gain) in zip(operands, gains) where isOnPath.contains(operand) {
                if let gain { cotangents[operand] = Tensor.sum(cotangents[operand], gain) }
            }
        }
        return targets.map { cotangents[$0] }
    }
}

/// Forward mode: the chain rule from operands to results, each node once.
enum Forward {
    /// The tangents of `roots`, given those of `sources`. `nil` where they do not depend on the sources.
    static func tangents(of roots: [Node], along sources: [(node: Node, tangent: Tensor)]) -> [Tensor?] {
        var tangents = Dictionary(sources.map { ($0.node, $0.tangent) }, uniquingKeysWith: { $1 })
        for node in Node.sorted(roots, through: { tangents[$0] == nil }) where tangents[node] == nil {
            let operands = node.operands
            let moved = operands.map { tangents[$0] }
            guard moved.contains(where: { $0 != nil }) else { continue }
            tangents[node] = node.primitive.pushforward(
                moved, operands: operands.map(Tensor.init), result: Tensor(node))
        }
        return roots.map { tangents[$0] }
    }
}
