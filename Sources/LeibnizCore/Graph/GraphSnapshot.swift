import LeibnizKernels

/// What was below some roots at one moment: nodes gain values and lose operands while others work with them.
struct GraphSnapshot {
    /// A node with its operands as they were.
    struct Entry {
        let node: Node
        /// Where the numbers of its operands' entries lie among those of all entries; empty for a leaf.
        fileprivate let places: Range<Int>
        /// The value of a leaf.
        let value: Buffer?
        /// Whether the walk stopped here.
        let isLeaf: Bool
    }

    /// Operands before users.
    private(set) var entries: [Entry] = []
    /// The numbers of all operands' entries, those of one entry after those of another: a plain loop looks at its graph in each
    /// iteration, and a list for each node would cost almost as much as the node.
    fileprivate private(set) var numbers: [Int] = []
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
        var table = EntryTable()
        entries.reserveCapacity(96)
        numbers.reserveCapacity(128)
        // The nodes on the way down, and the numbers of the operands that all of them have found.
        var (opened, found) = ([Opened](), [Int]())
        opened.reserveCapacity(96)
        func close(_ top: Opened) {
            let first = numbers.count
            numbers.append(contentsOf: found.suffix(top.operands.count))
            found.removeLast(top.operands.count)
            entries.append(
                Entry(node: top.node, places: first..<numbers.count, value: top.value, isLeaf: top.isLeaf))
            table.noteLast(of: entries)
            if !opened.isEmpty { found.append(entries.count - 1) }
        }
        for root in roots where table.number(of: root, in: entries) == nil {
            opened.append(Opened(root, depth))
            while let last = opened.indices.last {
                guard opened[last].next < opened[last].operands.count else {
                    close(opened.removeLast())
                    continue
                }
                let operand = opened[last].operands[opened[last].next]
                opened[last].next += 1
                if let number = table.number(of: operand, in: entries) {
                    found.append(number)
                    continue
                }
                let next = Opened(operand, depth)
                if next.operands.isEmpty { close(next) } else { opened.append(next) }
            }
        }
        self.roots = roots.map { table.number(of: $0, in: entries) ?? 0 }
    }

    /// The numbers of the entries of an entry's operands.
    func operands(of entry: Entry) -> ArraySlice<Int> { numbers[entry.places] }

    /// The leaves in order of their first use: the inputs of the plan that computes the roots.
    var leaves: [Entry] { entries.filter(\.isLeaf) }
}

/// The numbers of nodes' entries, found by the nodes' addresses: a table with open addressing, at most half full.
private struct EntryTable {
    private var slots = [Int32](repeating: -1, count: 256)

    /// The number of a node's entry, if it has one.
    func number(of node: Node, in entries: [GraphSnapshot.Entry]) -> Int? {
        let number = slots[slot(of: node, in: entries)]
        return number < 0 ? nil : Int(number)
    }

    /// Takes up the last entry, which is new.
    mutating func noteLast(of entries: [GraphSnapshot.Entry]) {
        var new = entries.count - 1..<entries.count
        if 2 * entries.count > slots.count {
            slots = [Int32](repeating: -1, count: 2 * slots.count)
            new = 0..<entries.count
        }
        for number in new { slots[slot(of: entries[number].node, in: entries)] = Int32(number) }
    }

    /// Where the number of a node's entry is, or belongs.
    private func slot(of node: Node, in entries: [GraphSnapshot.Entry]) -> Int {
        // Objects lie 16 bytes apart; multiplied by 2⁶⁴/φ, their addresses spread (Knuth, The Art of Computer Programming 3, 6.4).
        let hash = UInt64(UInt(bitPattern: ObjectIdentifier(node)) >> 4) &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(hash >> 32) & (slots.count - 1)
        while slots[slot] >= 0, entries[Int(slots[slot])].node !== node { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}

/// What plans are found by: the operations of a graph and the types of its leaves, not their values.
struct GraphSignature: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        /// `nil` for a leaf.
        let primitive: (any Primitive)?
        let type: TensorType
        /// Where its operands' numbers lie among all.
        let places: Range<Int>

        static func == (a: Entry, b: Entry) -> Bool {
            guard a.places == b.places, a.type == b.type else { return false }
            guard let left = a.primitive, let right = b.primitive else {
                return a.primitive == nil && b.primitive == nil
            }
            return left.isEqual(to: right)
        }
        func hash(into hasher: inout Hasher) {
            primitive?.hash(into: &hasher)
            hasher.combine(type)
            hasher.combine(places.count)
        }
    }

    private let entries: [Entry]
    /// The numbers of all operands.
    private let numbers: [Int]
    private let roots: [Int]
    private let isNamingVariables: Bool

    /// - Parameter namingVariables: whether it counts which variable a leaf is.
    init(_ graph: GraphSnapshot, namingVariables: Bool) {
        entries = graph.entries.map { entry in
            let isNameless = Self.isNameless(entry, namingVariables: namingVariables)
            return Entry(
                primitive: isNameless ? nil : entry.node.primitive, type: entry.node.type, places: entry.places)
        }
        numbers = graph.numbers
        roots = graph.roots
        isNamingVariables = namingVariables
    }

    /// Whether it counts only that an entry is there.
    private static func isNameless(_ entry: GraphSnapshot.Entry, namingVariables: Bool) -> Bool {
        entry.isLeaf && !(namingVariables && entry.node.isOf(VariableLeaf.self))
    }

    /// Whether this is the signature of a graph, found without making that.
    func matches(_ graph: GraphSnapshot) -> Bool {
        guard graph.entries.count == entries.count, graph.roots == roots, graph.numbers == numbers else { return false }
        for place in entries.indices {
            guard graph.entries[place].places == entries[place].places,
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
            hasher.combine(numbers[entry.places])
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
