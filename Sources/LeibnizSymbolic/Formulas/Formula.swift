import Synchronization

/// An expression over the real numbers, with named variables.
///
/// ```swift
/// let f = try Formula("x^2 sin(x)")
/// print(f.differentiated(by: "x"))   // 2*x*sin(x) + x^2*cos(x)
/// ```
///
/// A formula is an immutable tree whose equal parts may be shared. Each node knows its hash, its size and its free variables, so
/// that unequal formulas are told apart at once; nothing that walks a tree, and nothing that frees one, recurses.
///
/// Sums and products have any number of operands: a − b is the sum of a and (−1)·b, and a/b the product of a and b⁻¹. Numbers
/// are exact as long as they fit (see `Number`); 0⁰ is 1.
public struct Formula: Sendable {
    var node: Node

    /// What a formula is at its root.
    public enum Kind: Hashable, Sendable {
        /// A number.
        case number(Number)
        /// A named number.
        case constant(Constant)
        /// A variable.
        case variable(String)
        /// The sum of two or more operands.
        case sum
        /// The product of two or more operands; at most the first is a number, unless numbers are out of range.
        case product
        /// The first operand to the power of the second.
        case power
        /// A function of the operands.
        case function(Function)
        /// For each relation three operands, left, right and value; then the value that holds otherwise.
        case piecewise([Relation])
        /// Σ over a variable: the operands are the term, the first and the last index.
        case series(String)
        /// ∫ over a variable: the operands are the integrand, the lower and the upper bound.
        case integral(String)
        /// The derivative of the operand by a variable, not yet carried out.
        case derivative(String)
    }

    /// What the formula is at its root.
    public var kind: Kind { node.kind }

    /// The parts that the root joins.
    public var operands: [Formula] { node.operands }

    /// The nodes of the tree, each as often as it occurs; `Int.max` where that is too many.
    public var size: Int { node.size }

    /// The longest way from the root to a leaf, in nodes.
    public var depth: Int { node.depth }

    /// The names of the variables that are not bound by a sum or an integral, sorted.
    public var variables: [String] { node.variables }

    init(_ kind: Kind, _ operands: [Formula] = []) { node = Node(kind, operands) }
}

extension Formula {
    /// A node of the tree.
    ///
    /// Safe to share: all is constant but `marks`, which are atomic, and `operands`, which is written by the release of a tree
    /// alone, when no one else holds the node: no access to it needs to be checked.
    final class Node: @unchecked Sendable {
        let kind: Kind
        @exclusivity(unchecked) fileprivate(set) var operands: [Formula]
        let hash: UInt64
        let size: Int
        let depth: Int
        let variables: [String]
        let traits: Traits
        let degree: Double
        /// What simplification has found out about the formula; of a leaf all is known.
        private let marks: Atomic<UInt8>

        init(_ kind: Kind, _ operands: [Formula]) {
            self.kind = kind
            self.operands = operands
            var (hash, size, depth) = (kind.structuralHash, 1, 0)
            for operand in operands {
                let node = operand.node
                hash = mixed(hash ^ node.hash)
                size = size > Int.max - node.size ? Int.max : size + node.size
                depth = Swift.max(depth, node.depth)
            }
            (self.hash, self.size, self.depth) = (hash, size, depth + 1)
            marks = Atomic(operands.isEmpty ? Mark.isSettled.bit | Mark.isSimplified.bit : 0)
            variables = Node.variables(of: kind, operands)
            traits = Traits(of: kind, operands)
            degree = Formula.degree(of: kind, operands)
        }

        /// Shallow trees are released by the recursion of the language, deep ones without any.
        deinit {
            guard depth > 100, !operands.isEmpty else { return }
            var pending = operands
            operands = []
            while var formula = pending.popLast() {
                guard isKnownUniquelyReferenced(&formula.node) else { continue }
                pending.append(contentsOf: formula.node.operands)
                formula.node.operands = []
            }
        }

        private static func variables(of kind: Kind, _ operands: [Formula]) -> [String] {
            switch kind {
            case .variable(let name): return [name]
            case .series(let bound), .integral(let bound):
                return union(
                    operands[0].variables.filter { $0 != bound }, union(operands[1].variables, operands[2].variables))
            default:
                guard var result = operands.first?.variables else { return [] }
                for operand in operands.dropFirst() { result = union(result, operand.variables) }
                return result
            }
        }

        /// The union of sorted lists; one of the two where it holds the other, so that nodes share their lists.
        private static func union(_ a: [String], _ b: [String]) -> [String] {
            if b.isEmpty { return a }
            if a.isEmpty { return b }
            if b.count == 1 {
                for name in a where name == b[0] { return a }
            } else if a == b {
                return a
            }
            let all = Set(a).union(b)
            return all.count == a.count ? a : all.count == b.count ? b : all.sorted()
        }
    }
}

extension Formula.Node {
    /// What is found out about a formula once and holds for ever.
    struct Mark {
        fileprivate let bit: UInt8

        /// No rule of simplification applies to it or to any of its parts.
        static let isSettled = Mark(bit: 1)
        /// Simplification gives it back, without conditions.
        static let isSimplified = Mark(bit: 2)
    }

    func has(_ mark: Mark) -> Bool { marks.load(ordering: .relaxed) & mark.bit != 0 }
    func mark(_ mark: Mark) { marks.bitwiseOr(mark.bit, ordering: .relaxed) }
}

extension Formula: Hashable {
    /// Whether two formulas are the same tree. Unequal ones are told apart by their hashes, equal ones are walked once.
    public static func == (a: Formula, b: Formula) -> Bool {
        if a.node === b.node { return true }
        guard a.node.hash == b.node.hash, a.node.size == b.node.size, a.kind == b.kind else { return false }
        if a.operands.isIdentical(to: b.operands) { return true }
        struct Pair: Hashable {
            let a: ObjectIdentifier, b: ObjectIdentifier
        }
        var seen: Set<Pair> = []
        let isLarge = a.node.size > 1000
        var pending = [(a.node, b.node)]
        while let (a, b) = pending.popLast() {
            guard a !== b else { continue }
            guard a.hash == b.hash, a.kind == b.kind, a.operands.count == b.operands.count else { return false }
            // Small trees are walked faster than remembered.
            if isLarge, !a.operands.isEmpty, !seen.insert(Pair(a: ObjectIdentifier(a), b: ObjectIdentifier(b))).inserted
            {
                continue
            }
            for (left, right) in zip(a.operands, b.operands) { pending.append((left.node, right.node)) }
        }
        return true
    }

    /// Feeds the hash that the root knows.
    public func hash(into hasher: inout Hasher) { hasher.combine(node.hash) }
}

extension [Formula] {
    /// Whether these are the same nodes.
    func isIdentical(to other: [Formula]) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index].node !== other[index].node { return false }
        return true
    }
}

extension Formula.Kind {
    /// The same in every process, unlike `Hasher`'s: order of terms follows from it where nothing else decides.
    fileprivate var structuralHash: UInt64 {
        switch self {
        case .number(.exact(let number)):
            mixed(mixed(1 ^ UInt64(bitPattern: Int64(number.numerator))) ^ UInt64(number.denominator))
        case .number(.approximate(let number)): mixed(2 ^ number.bitPattern)
        case .constant(let constant): textHash(3, constant.rawValue)
        case .variable(let name): textHash(4, name)
        case .sum: mixed(5)
        case .product: mixed(6)
        case .power: mixed(7)
        case .function(let function): textHash(8, function.rawValue)
        case .piecewise(let relations): relations.reduce(mixed(9)) { textHash($0, $1.rawValue) }
        case .series(let name): textHash(10, name)
        case .integral(let name): textHash(11, name)
        case .derivative(let name): textHash(12, name)
        }
    }
}

/// A word whose bits depend on all bits of another: the finisher of SplitMix64 (Steele, Lea & Flood 2014).
func mixed(_ word: UInt64) -> UInt64 {
    var z = word &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

private func textHash(_ seed: UInt64, _ text: String) -> UInt64 {
    text.utf8.reduce(mixed(seed)) { mixed($0 ^ UInt64($1)) }
}
