import Foundation
import LeibnizSymbolic

/// How many random formulas or texts a test tries: few in the suite; `LEIBNIZ_FUZZ_ROUNDS` sets another number, as
/// `scripts/fuzz` does.
func rounds(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["LEIBNIZ_FUZZ_ROUNDS"].flatMap(Int.init) ?? usual
}

/// A small generator of random numbers: SplitMix64 (Steele, Lea & Flood 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Draws formulas.
struct RandomFormulas {
    var generator: SplitMix
    var variables = ["x", "y"]
    var functions = Formula.Function.allCases

    init(seed: UInt64) { generator = SplitMix(seed: seed) }

    /// A formula of so many levels at most.
    mutating func next(depth: Int) -> Formula {
        guard depth > 0, Int.random(in: 0..<10, using: &generator) > 0 else { return leaf() }
        switch Int.random(in: 0..<12, using: &generator) {
        case 0, 1: return next(depth: depth - 1) + next(depth: depth - 1)
        case 2: return next(depth: depth - 1) - next(depth: depth - 1)
        case 3, 4: return next(depth: depth - 1) * next(depth: depth - 1)
        case 5, 6: return next(depth: depth - 1) / next(depth: depth - 1)
        case 7: return .power(next(depth: depth - 1), number())
        case 8: return .power(next(depth: depth - 1), next(depth: depth - 1))
        default:
            guard let function = functions.randomElement(using: &generator) else { return leaf() }
            if function == .polygamma { return .function(function, [.init(1), next(depth: depth - 1)]) }
            let counts = function.argumentCounts
            let count = counts.upperBound > 2 ? 2 : counts.lowerBound
            return .function(function, (0..<count).map { _ in next(depth: depth - 1) })
        }
    }

    mutating func number() -> Formula {
        let above = Int.random(in: -4...4, using: &generator)
        let below = Bool.random(using: &generator) ? 1 : Int.random(in: 1...4, using: &generator)
        return Rational(above, below).map { Formula($0) } ?? Formula(1)
    }

    private mutating func leaf() -> Formula {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return number()
        case 1: return Bool.random(using: &generator) ? .pi : .e
        default: return .variable(variables.randomElement(using: &generator) ?? "x")
        }
    }

    mutating func point(in range: ClosedRange<Double> = -3...3) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: variables.map { ($0, Double.random(in: range, using: &generator)) })
    }
}

extension Double {
    func isClose(to other: Double, relative: Double, absolute: Double = 0) -> Bool {
        self == other || abs(self - other) <= Swift.max(relative * Swift.max(abs(self), abs(other)), absolute)
    }
}
