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

    /// A node whose operands are being walked.
    private struct Opened {
        let node: Node
        let operands: [Node]
        let value: Buffer?
        let isLeaf: Bool
        var next = 0

        init(_ node: Node, _ depth: Depth) {
            let (operands, value) = node.history
            isLeaf =
                switch depth {
                case .values: value != nil || node.isOf(Placeholder.self)
                case .history:
                    value != nil && operands.isEmpty || node.isOf(VariableLeaf.self) || node.isOf(Placeholder.self)
                }
            (self.node, self.operands, self.value) = (node, isLeaf ? [] : operands, isLeaf ? value : nil)
        }
    }

    /// Walks from `roots` without recursion.
    init(_ roots: [Node], to depth: Depth) {
        var numbers = [ObjectIdentifier: Int](minimumCapacity: 96)
        entries.reserveCapacity(96)
        // The nodes on the way down, and the numbers of the operands that all of them have found.
        var (opened, found) = ([Opened](), [Int]())
        for root in roots where numbers[ObjectIdentifier(root)] == nil {
            opened.append(Opened(root, depth))
            while let last = opened.indices.last {
                if opened[last].next < opened[last].operands.count {
                    let operand = opened[last].operands[opened[last].next]
                    if let number = numbers[ObjectIdentifier(operand)] {
                        found.append(number)
                        opened[last].next += 1
                    } else {
                        opened.append(Opened(operand, depth))
                    }
                    continue
                }
                let top = opened.removeLast()
                let operands = top.operands.isEmpty ? [] : Array(found.suffix(top.operands.count))
                found.removeLast(operands.count)
                numbers[ObjectIdentifier(top.node)] = entries.count
                if let user = opened.indices.last {
                    found.append(entries.count)
                    opened[user].next += 1
                }
                entries.append(Entry(node: top.node, operands: operands, value: top.value, isLeaf: top.isLeaf))
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
    private let isNamingVariables: Bool

    /// - Parameter namingVariables: whether it counts which variable a leaf is.
    init(_ graph: GraphSnapshot, namingVariables: Bool) {
        entries = graph.entries.map { entry in
            let isNameless = Self.isNameless(entry, namingVariables: namingVariables)
            return Entry(
                primitive: isNameless ? nil : entry.node.primitive, type: entry.node.type, operands: entry.operands)
        }
        roots = graph.roots
        isNamingVariables = namingVariables
    }

    /// Whether it counts only that an entry is there.
    private static func isNameless(_ entry: GraphSnapshot.Entry, namingVariables: Bool) -> Bool {
        entry.isLeaf && !(namingVariables && entry.node.isOf(VariableLeaf.self))
    }

    /// Whether this is the signature of a graph, found without making that.
    func matches(_ graph: GraphSnapshot) -> Bool {
        guard graph.entries.count == entries.count, graph.roots == roots else { return false }
        for place in entries.indices {
            guard graph.entries[place].operands == entries[place].operands,
                graph.entries[place].node.type == entries[place].type
            else { return false }
            let isNameless = Self.isNameless(graph.entries[place], namingVariables: isNamingVariables)
            guard isNameless == (entries[place].primitive == nil),
                entries[place].primitive?.isEqual(to: graph.entries[place].node.primitive) ?? true
            else { return false }
        }
        return true
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
