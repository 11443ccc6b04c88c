/// Numbers that look random and are the same everywhere: a linear congruential generator (Knuth, MMIX).
struct Numbers {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// A number in 0 ..< 1.
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }

    /// Numbers in −1 ..< 1.
    mutating func directions(_ count: Int) -> [Double] { (0..<count).map { _ in 2 * next() - 1 } }
}

/// Where the elements of an operand come from.
enum Domain: Sendable {
    /// Real numbers of an interval, none nearer to a kink than `margin`.
    case reals(ClosedRange<Double>, kinks: [Double] = [])
    /// Whole numbers.
    case integers(ClosedRange<Int>)
    /// Real numbers of which no two are close, in random order: without ties.
    case distinct
    /// Few values, so that there are ties.
    case tied
    /// These numbers in turn.
    case these([Double])

    static let margin = 0.03

    func draw(_ count: Int, _ numbers: inout Numbers) -> [Double] {
        switch self {
        case .reals(let range, let kinks):
            return (0..<count).map { _ in
                while true {
                    let number = range.lowerBound + (range.upperBound - range.lowerBound) * numbers.next()
                    if kinks.allSatisfy({ Swift.abs($0 - number) > Domain.margin }) { return number }
                }
            }
        case .integers(let range):
            return (0..<count).map { _ in
                Double(range.lowerBound) + (Double(range.count) * numbers.next()).rounded(.down)
            }
        case .distinct:
            var values = (0..<count).map { (Double($0) - Double(count) / 2) * 0.125 + 0.03 }
            for place in values.indices.reversed().dropLast() {
                values.swapAt(place, Int(Double(place + 1) * numbers.next()))
            }
            return values
        case .tied: return (0..<count).map { _ in (3 * numbers.next()).rounded(.down) - 1 }
        case .these(let values): return (0..<count).map { values[$0 % values.count] }
        }
    }
}
