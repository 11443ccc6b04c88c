import LeibnizCore
import LeibnizSymbolic

/// A formula as a function of tensors, element by element: the bridge from expressions to everything that tensors can do.
///
/// ```swift
/// let f = try TensorFormula(Formula("x^2 sin(y)"))
/// let y = f(["x": x, "y": y])                              // of the broadcast shape of both
/// let slope = gradient { f([$0, 2]) }(x)                   // and it has derivatives
/// ```
///
/// Each part that occurs several times is one node of the graph. Numbers are constants of the compiled code; the element type is the
/// arguments', float64 if any is. Where a formula has no value the result is NaN or infinite.
///
/// `piecewise` is `which`. A branch that is not taken may be undefined: it is then computed at a number where it has a value, so that
/// neither value nor derivative of it matters. Finite sums run along an axis of their own.
public struct TensorFormula: Sendable {
    /// The formula.
    public let formula: Formula
    /// The names of the arguments, in the order in which they are given.
    public let variables: [String]
    private let instructions: [Operation]

    /// The most terms of a sum.
    private static let maximumTerms = 100_000

    /// What an instruction makes of the values of earlier ones.
    private enum Operation: Sendable {
        case constant(Double)
        case argument(Int)
        case sum([Term])
        case product(isNegative: Bool, above: [Int], below: [Int])
        case power(Int, Int)
        case constantPower(Int, Double)
        case function(Formula.Function, [Int])
        case polygamma(Int, Int)
        case piecewise([Piece], otherwise: Branch)
        /// The term is a function of one argument more, the index.
        case series(TensorFormula, first: Double, count: Int)
    }

    /// A branch of `piecewise` with its condition.
    private struct Piece: Sendable {
        let left: Int, right: Int
        let relation: Formula.Relation
        let branch: Branch
    }

    /// The value of a branch.
    private enum Branch: Sendable {
        /// That of an instruction.
        case place(Int)
        /// A function of the arguments where it is taken, and of `safe` for all of them elsewhere.
        case guarded(TensorFormula, safe: Double)
    }

    /// A term of a sum, added or subtracted.
    private struct Term: Sendable {
        let place: Int
        let isNegative: Bool
    }

    /// Prepares a formula.
    ///
    /// - Parameter variables: the order of the arguments; the formula's variables, sorted, if none are given. Those that do not occur are
    ///   allowed.
    /// - Throws: a `SymbolicError` for a variable that `variables` does not name and for what has no operation on tensors: integrals,
    ///   sums with bounds that are no whole numbers or with more than 100,000 terms, ψ's derivatives beyond the eighth.
    public init(_ formula: Formula, variables: [String]? = nil) throws(SymbolicError) {
        self.formula = formula
        let variables = variables ?? formula.variables
        self.variables = variables
        var compiler = Compiler(variables: variables)
        try compiler.compile(try formula.carryingOutDerivatives())
        instructions = compiler.instructions
    }

    /// The values.
    ///
    /// - Parameter arguments: the variables' values, in their order; their shapes broadcast.
    /// - Returns: of the broadcast shape of the variables that occur; an invalid tensor where shapes do not fit or values are missing.
    public func callAsFunction(_ arguments: [Tensor]) -> Tensor {
        if let invalid = arguments.first(where: \.isInvalid) { return invalid }
        guard arguments.count == variables.count else {
            return Tensor(
                invalid: TensorError(
                    "formula", arguments.map(\.shape),
                    "there are \(arguments.count) arguments for the variables \(variables.joined(separator: ", "))",
                    kind: .value))
        }
        var values: [Tensor] = []
        values.reserveCapacity(instructions.count)
        let type = arguments.contains { $0.elementType == .float64 } ? ElementType.float64 : .float32
        for instruction in instructions { values.append(value(of: instruction, values, arguments, type)) }
        return values[values.count - 1]
    }

    /// The values, given the variables' by name; further names are allowed.
    public func callAsFunction(_ values: [String: Tensor]) -> Tensor {
        if let missing = variables.first(where: { values[$0] == nil }) {
            return Tensor(
                invalid: TensorError("formula", [], "the variable \(missing) has no value", kind: .value))
        }
        return self(variables.compactMap { values[$0] })
    }

    private func value(
        of operation: Operation, _ values: [Tensor], _ arguments: [Tensor], _ type: ElementType
    ) -> Tensor {
        switch operation {
        case .constant(let number): return .full([], number, type)
        case .argument(let place):
            let x = arguments[place]
            return x.elementType.isFloatingPoint ? x : x.cast(to: .float32)
        case .sum(let terms):
            // It begins with what is added, if anything is.
            let ordered = terms.filter { !$0.isNegative } + terms.filter(\.isNegative)
            let first = ordered[0].isNegative ? -values[ordered[0].place] : values[ordered[0].place]
            return ordered.dropFirst().reduce(first) { $1.isNegative ? $0 - values[$1.place] : $0 + values[$1.place] }
        case .product(let isNegative, let above, let below):
            let product = above.dropFirst().reduce(above.first.map { values[$0] } ?? 1) { $0 * values[$1] }
            let numerator = isNegative ? -product : product
            guard let first = below.first else { return numerator }
            return numerator / below.dropFirst().reduce(values[first]) { $0 * values[$1] }
        case .power(let base, let exponent): return pow(values[base], values[exponent])
        case .constantPower(let base, let exponent):
            switch exponent {
            case -1: return 1 / values[base]
            case 0.5: return sqrt(values[base])
            default: return pow(values[base], exponent)
            }
        case .function(let function, let operands):
            return function.applied(to: operands.map { values[$0] }) ?? .full([], .nan, type)
        case .polygamma(let order, let operand):
            return order == 0 ? digamma(values[operand]) : polygamma(order, values[operand])
        case .piecewise(let pieces, let otherwise): return choice(pieces, otherwise, values, arguments)
        case .series(let term, let first, let count): return series(term, first, count, arguments, type)
        }
    }

    /// The first branch whose condition holds.
    private func choice(
        _ pieces: [Piece], _ otherwise: Branch, _ values: [Tensor], _ arguments: [Tensor]
    ) -> Tensor {
        func value(_ branch: Branch, where isTaken: Tensor) -> Tensor {
            switch branch {
            case .place(let place): values[place]
            case .guarded(let formula, let safe): formula(arguments.map { which(isTaken, $0, $0.filled(safe)) })
            }
        }
        var isOpen = Tensor(booleanLiteral: true)
        var taken: [(isTaken: Tensor, value: Tensor)] = []
        for piece in pieces {
            let holds = piece.relation.holds(values[piece.left], values[piece.right])
            let isTaken = isOpen.and(holds)
            taken.append((isTaken, value(piece.branch, where: isTaken)))
            isOpen = isOpen.and(~holds)
        }
        return taken.reversed().reduce(value(otherwise, where: isOpen)) { which($1.isTaken, $1.value, $0) }
    }

    /// Σ along a new first axis.
    private func series(
        _ term: TensorFormula, _ first: Double, _ count: Int, _ arguments: [Tensor], _ type: ElementType
    ) -> Tensor {
        guard count > 0 else { return .zeros([], type) }
        let rank = arguments.reduce(0) { Swift.max($0, $1.rank) }
        let index = (Tensor.arange(count).cast(to: type) + Tensor(floatLiteral: first)).reshaped(
            to: Shape([count] + Array(repeating: 1, count: rank)))
        let terms = term(arguments + [index])
        if terms.isInvalid { return terms }
        return terms.rank == rank + 1 ? LeibnizCore.sum(terms, axes: [0]) : terms * Tensor(floatLiteral: Double(count))
    }
}

extension TensorFormula {
    /// Writes instructions, operands before their users.
    private struct Compiler {
        let variables: [String]
        private(set) var instructions: [Operation] = []
        private var places: [Formula: Int] = [:]

        init(variables: [String]) { self.variables = variables }

        mutating func compile(_ formula: Formula) throws(SymbolicError) {
            var pending = [(part: formula, isExpanded: false)]
            while let (part, isExpanded) = pending.popLast() {
                if places[part] != nil { continue }
                if !isExpanded && !part.variables.isEmpty {
                    pending.append((part, true))
                    pending += part.parts.reversed().map { ($0, false) }
                } else {
                    let operation = try operation(for: part)
                    places[part] = instructions.count
                    instructions.append(operation)
                }
            }
        }

        private func place(_ part: Formula) -> Int { places[part] ?? 0 }

        private func operation(for part: Formula) throws(SymbolicError) -> Operation {
            let operands = part.operands
            if part.variables.isEmpty { return .constant((try? part.evaluated()) ?? .nan) }
            switch part.kind {
            case .number, .constant: return .constant((try? part.evaluated()) ?? .nan)
            case .variable(let name):
                guard let place = variables.firstIndex(of: name) else {
                    throw SymbolicError(.argument, "\(name) is no argument of the function", in: part)
                }
                return .argument(place)
            case .sum: return .sum(operands.map { Term(place: place($0.termSize), isNegative: $0.isSubtracted) })
            case .product:
                return .product(
                    isNegative: operands[0] == Formula(-1), above: part.above.map(place), below: part.below.map(place))
            case .power:
                guard operands[1].variables.isEmpty else { return .power(place(operands[0]), place(operands[1])) }
                return .constantPower(place(operands[0]), (try? operands[1].evaluated()) ?? .nan)
            case .function(.polygamma):
                guard let order = operands[0].number?.whole, (0...8).contains(order) else {
                    throw SymbolicError(
                        .notFound, "tensors have polygamma of the orders 0 to 8, which must be numbers", in: part)
                }
                return .polygamma(order, place(operands[1]))
            case .function(let function): return .function(function, operands.map(place))
            case .piecewise(let relations):
                var pieces: [Piece] = []
                for (index, relation) in relations.enumerated() {
                    pieces.append(
                        Piece(
                            left: place(operands[3 * index]), right: place(operands[3 * index + 1]), relation: relation,
                            branch: try branch(operands[3 * index + 2])))
                }
                return .piecewise(pieces, otherwise: try branch(operands[3 * relations.count]))
            case .series(let index): return try series(part, over: index)
            case .integral: throw SymbolicError(.notFound, "an integral is no operation on tensors", in: part)
            case .derivative: throw SymbolicError(.noDerivative, "the derivative could not be carried out", in: part)
            }
        }

        private func branch(_ value: Formula) throws(SymbolicError) -> Branch {
            guard let safe = value.safeArgument else { return .place(place(value)) }
            return .guarded(try TensorFormula(value, variables: variables), safe: safe)
        }

        private func series(_ part: Formula, over index: String) throws(SymbolicError) -> Operation {
            let bounds = part.operands[1...2].compactMap { try? $0.evaluated() }
            guard bounds.count == 2, bounds.allSatisfy({ $0 == $0.rounded() && Swift.abs($0) < 1e15 }) else {
                throw SymbolicError(.notFound, "a sum of tensors needs whole numbers as its bounds", in: part)
            }
            let count = Swift.max(0, Int(bounds[1]) - Int(bounds[0]) + 1)
            guard count <= TensorFormula.maximumTerms else {
                throw SymbolicError(
                    .tooLarge, "the sum has \(count) terms, more than \(TensorFormula.maximumTerms)", in: part)
            }
            // An argument of the same name is hidden by the index.
            let names = variables.map { $0 == index ? "" : $0 } + [index]
            return .series(
                try TensorFormula(part.operands[0], variables: names), first: bounds[0], count: count)
        }
    }
}

extension Formula {
    /// The parts from whose tensors this one's is computed.
    fileprivate var parts: [Formula] {
        switch kind {
        case .sum: operands.map(\.termSize)
        case .product: above + below
        case .power where operands[1].variables.isEmpty: [operands[0]]
        // The terms of a sum have a variable of their own, and its bounds are numbers.
        case .series, .integral: []
        case .piecewise(let relations):
            operands.enumerated().flatMap { place, operand -> [Formula] in
                let isValue = place % 3 == 2 || place == 3 * relations.count
                return isValue ? operand.ownParts : [operand]
            }
        default: operands
        }
    }

    /// Itself, unless it is computed as a function of its own.
    private var ownParts: [Formula] { safeArgument == nil ? [self] : [] }

    /// A number at which a branch that is not defined everywhere has a value, as it has near it.
    fileprivate var safeArgument: Double? {
        guard !isTotal, !variables.isEmpty else { return nil }
        return [1, 0.5, 2, -1, 0.1, 10, -0.5, -2].first { number in
            [number, number + 1e-3, number - 1e-3].allSatisfy { near in
                let point = Dictionary(uniqueKeysWithValues: variables.map { ($0, near) })
                return (try? evaluated(at: point))?.isFinite ?? false
            }
        }
    }

    /// Whether a term of a sum is a product with a number below zero, and thus subtracted.
    fileprivate var isSubtracted: Bool {
        if case .product = kind { (operands[0].number?.doubleValue ?? 0) < 0 } else { false }
    }

    /// A term of a sum without its sign.
    fileprivate var termSize: Formula { isSubtracted ? -self : self }

    /// The factors of a product, but for a leading −1 and those that it is divided by.
    fileprivate var above: [Formula] {
        (operands[0] == Formula(-1) ? operands.dropFirst() : operands[...]).filter { $0.divisor == nil }
    }

    /// What a product is divided by.
    fileprivate var below: [Formula] { operands.compactMap(\.divisor) }

    /// What a factor divides by, if it is a power below zero.
    private var divisor: Formula? {
        guard case .power = kind, let exponent = operands[1].number, exponent.doubleValue < 0 else { return nil }
        return .power(operands[0], -operands[1])
    }
}

extension Formula.Relation {
    /// Where it holds between the elements of two tensors.
    fileprivate func holds(_ a: Tensor, _ b: Tensor) -> Tensor {
        switch self {
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .equal: a == b
        case .notEqual: a != b
        }
    }
}
