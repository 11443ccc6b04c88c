import LeibnizKernels

/// What was below some roots at one moment: nodes gain values and lose operands while others work with them.
struct GraphSnapshot {
    /// A node with its operands as they were.
    struct Entry {
        let node: Node
        /// The numbers of the operands' entries; empty for a leaf.
        let operands: [Int]
        /// The value of a leaf.
        let value: Buffer?
        /// Whether the walk stopped here.
        let isLeaf: Bool
    }

    /// Operands before users.
    private(set) var entries: [Entry] = []
    /// The entry of each root.
    private(set) var roots: [Int] = []

    /// How far a walk goes.
    enum Depth {
        /// To what has a value.
        case values
        /// Through values whose history is kept, to variables and to leaves: the graph of a step is then the same whether its
        /// loss was looked at before or not.
        case history
    }

    /// Walks from `roots` without recursion.
    init(_ roots: [Node], to depth: Depth) {
        var numbers: [ObjectIdentifier: Int] = [:]
        var stack: [(node: Node, operands: [Node], numbers: [Int], value: Buffer?, isLeaf: Bool)] = []
        func open(_ node: Node) -> (Node, [Node], [Int], Buffer?, Bool) {
            let (operands, value) = node.history
            let isLeaf =
                switch depth {
                case .values: value != nil || node.isOf(Placeholder.self)
                case .history:
                    value != nil && operands.isEmpty || node.isOf(VariableLeaf.self) || node.isOf(Placeholder.self)
                }
            return (node, isLeaf ? [] : operands, [], isLeaf ? value : nil, isLeaf)
        }
        for root in roots where numbers[ObjectIdentifier(root)] == nil {
            stack.append(open(root))
            while let top = stack.last {
                if top.numbers.count < top.operands.count {
                    let operand = top.operands[top.numbers.count]
                    if let number = numbers[ObjectIdentifier(operand)] {
                        stack[stack.count - 1].numbers.append(number)
                    } else {
                        stack.append(open(operand))
                    }
                } else {
                    numbers[ObjectIdentifier(top.node)] = entries.count
                    entries.append(
                        Entry(node: top.node, operands: top.numbers, value: top.value, isLeaf: top.isLeaf))
                    stack.removeLast()
                }
            }
        }
        self.roots = roots.map { numbers[ObjectIdentifier($0)] ?? 0 }
    }

    /// The leaves in order of their first use: the inputs of the plan that computes the roots.
    var leaves: [Entry] { entries.filter(\.isLeaf) }
}

/// What plans are found by: the operations of a graph and the types of its leaves, not their values.
struct GraphSignature: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        /// `nil` for a leaf.
        let primitive: (any Primitive)?
        let type: TensorType
        let operands: [Int]

        static func == (a: Entry, b: Entry) -> Bool {
            guard a.operands == b.operands, a.type == b.type else { return false }
            guard let left = a.primitive, let right = b.primitive else {
                return a.primitive == nil && b.primitive == nil
            }
            return left.isEqual(to: right)
        }
        func hash(into hasher: inout Hasher) {
            primitive?.hash(into: &hasher)
            hasher.combine(type)
            hasher.combine(operands)
        }
    }

    private let entries: [Entry]
    private let roots: [Int]

    /// - Parameter namingVariables: whether it counts which variable a leaf is.
    init(_ graph: GraphSnapshot, namingVariables: Bool) {
        entries = graph.entries.map { entry in
            let isNameless = entry.isLeaf && !(namingVariables && entry.node.isOf(VariableLeaf.self))
            return Entry(
                primitive: isNameless ? nil : entry.node.primitive, type: entry.node.type, operands: entry.operands)
        }
        roots = graph.roots
    }

    /// Whether nothing but numbers goes in: a fill, a draw, a parameter's first value, which every layer has of its own shape.
    var isCreation: Bool { entries.allSatisfy { $0.primitive != nil || $0.type.shape.count == 1 } }

    /// A hash that does not see shapes and attributes: calls from one place of a program have the same.
    var outline: Int {
        var hasher = Hasher()
        for entry in entries {
            hasher.combine(entry.primitive?.name)
            hasher.combine(entry.operands)
        }
        return hasher.finalize()
    }

    /// The first difference from another signature of the same outline, in words.
    func difference(from other: GraphSignature) -> String? {
        for (a, b) in zip(entries, other.entries) where a != b {
            if a.type != b.type {
                return
                    "\(a.primitive?.name ?? "an input") has shape \(a.type.shape) after \(b.type.shape), or another element type"
            }
            return "\(a.primitive.map { "\($0)" } ?? "an input") after \(b.primitive.map { "\($0)" } ?? "an input")"
        }
        return nil
    }
}
