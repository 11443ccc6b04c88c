import Foundation
import Leibniz

/// Pointwise operations one after the other: y starts as a; b has its shape, c that of its rows.
struct RandomChain: RandomProgram {
    static let kind = "chain"

    let type: RealType
    let input: [Int]
    let operations: [ChainOperation]
    let gradient: Bool

    init(drawnFrom generator: inout SplitMix) {
        type = generator.realType()
        input = generator.shape(rank: Int.random(in: 1...4, using: &generator))
        let count = Int.random(in: 3...8, using: &generator)
        var (operations, bound) = ([ChainOperation](), ChainOperation.inputBound)
        while operations.count < count {
            let next = generator.pick(ChainOperation.allCases)
            guard bound <= next.greatestOperand, !next.isIdle(after: operations.last) else { continue }
            operations.append(next)
            bound = next.bound(bound)
        }
        self.operations = operations
        gradient = generator.chance(oneIn: 2)
    }

    private var takesB: Bool { operations.contains(where: \.takesB) }
    private var takesRow: Bool { operations.contains(.addRow) }

    var inputs: [[Int]] { [input] + (takesB ? [input] : []) + (takesRow ? [Array(input.suffix(1))] : []) }

    func value(of inputs: [Tensor]) -> Tensor {
        let (b, row) = (inputs[takesB ? 1 : 0], inputs[inputs.count - 1])
        return operations.reduce(inputs[0]) { $1.applied(to: $0, b, row) }
    }

    var summary: String { "chain \(input.crossed) " + operations.map(\.rawValue).joined(separator: " ") }

    var passes: [Pass] {
        let (taken, points) = (inputs.reduce(0) { $0 + $1.volume }, input.volume)
        let operationsEach = operations.reduce(0) { $0 + $1.cost }
        // With gradients w is read too, and a gradient written for each input; nothing has to be read twice.
        return [
            gradient
                ? Pass(operations: 2 * operationsEach * points, bytes: 4 * (2 * taken + 2 * points))
                : Pass(operations: operationsEach * points, bytes: 4 * (taken + points))
        ]
    }

    var flaw: String? {
        input.isEmpty ? "the input has an axis" : operations.isEmpty ? "there are no operations" : nil
    }
}

/// A step of a chain: y becomes what its name says.
enum ChainOperation: String, Decodable, CaseIterable {
    case tanh, sigmoid, sin, square, relu
    /// exp(−|y|)
    case expNegAbs = "exp-neg-abs"
    /// √(|y| + 1)
    case sqrtAbs = "sqrt-abs"
    /// log(1 + |y|)
    case log1pAbs = "log1p-abs"
    case addB = "add-b", multiplyB = "multiply-b", subtractB = "subtract-b", maxB = "max-b"
    case addRow = "add-row"

    var takesB: Bool { [.addB, .multiplyB, .subtractB, .maxB].contains(self) }

    func applied(to y: Tensor, _ b: Tensor, _ row: Tensor) -> Tensor {
        switch self {
        case .tanh: Leibniz.tanh(y)
        case .sigmoid: Leibniz.sigmoid(y)
        case .sin: Leibniz.sin(y)
        case .square: y * y
        case .relu: Leibniz.relu(y)
        case .expNegAbs: exp(-abs(y))
        case .sqrtAbs: sqrt(abs(y) + 1)
        case .log1pAbs: log1p(abs(y))
        case .addB: y + b
        case .multiplyB: y * b
        case .subtractB: y - b
        case .maxB: maximum(y, b)
        case .addRow: y + row
        }
    }

    /// About how many additions and multiplications it takes.
    var cost: Double {
        switch self {
        case .tanh, .sigmoid, .sin, .expNegAbs, .log1pAbs: 10
        case .sqrtAbs: 3
        case .square, .relu, .addB, .multiplyB, .subtractB, .maxB, .addRow: 1
        }
    }
}

/// What keeps drawn chains well-conditioned, so that float32 and float64 can be compared.
extension ChainOperation {
    /// What is greater than almost all normal numbers.
    static let inputBound = 5.0

    /// The greatest |y| with which rounding is no matter: far from 0, a sine is all rounding, and so are powers of powers.
    var greatestOperand: Double {
        switch self {
        case .sin, .square: 40
        case .multiplyB: 200
        default: .infinity
        }
    }

    /// The greatest |y| afterwards.
    func bound(_ bound: Double) -> Double {
        switch self {
        case .tanh, .sigmoid, .sin, .expNegAbs: 1
        case .square: bound * bound
        case .relu: bound
        case .sqrtAbs: (bound + 1).squareRoot()
        case .log1pAbs: Foundation.log1p(bound)
        case .addB, .subtractB, .addRow: bound + Self.inputBound
        case .multiplyB: bound * Self.inputBound
        case .maxB: Swift.max(bound, Self.inputBound)
        }
    }

    /// Whether it does nothing after another, or only undoes it, but for rounding.
    func isIdle(after previous: ChainOperation?) -> Bool {
        switch (previous, self) {
        case (.relu, .relu), (.maxB, .maxB), (.addB, .subtractB), (.subtractB, .addB): true
        default: false
        }
    }
}
