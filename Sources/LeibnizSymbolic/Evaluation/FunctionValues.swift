import Foundation

/// The real power; 0⁰ is 1.
func realPower(_ base: Double, _ exponent: Double) -> Double {
    exponent == 0.5 ? base.squareRoot() : exponent == -1 ? 1 / base : Foundation.pow(base, exponent)
}

extension Formula.Function {
    /// The function's value; NaN outside its domain.
    public func value(_ arguments: [Double]) -> Double {
        let x = arguments[0]
        switch self {
        case .exp: return Foundation.exp(x)
        case .log: return Foundation.log(x)
        case .log2: return Foundation.log2(x)
        case .log10: return Foundation.log10(x)
        case .cbrt: return Foundation.cbrt(x)
        case .abs: return Swift.abs(x)
        case .sign: return x > 0 ? 1 : x < 0 ? -1 : x
        case .floor: return x.rounded(.down)
        case .ceil: return x.rounded(.up)
        case .sin: return Foundation.sin(x)
        case .cos: return Foundation.cos(x)
        case .tan: return Foundation.tan(x)
        case .cot: return 1 / Foundation.tan(x)
        case .sec: return 1 / Foundation.cos(x)
        case .csc: return 1 / Foundation.sin(x)
        case .asin: return Foundation.asin(x)
        case .acos: return Foundation.acos(x)
        case .atan: return Foundation.atan(x)
        case .sinh: return Foundation.sinh(x)
        case .cosh: return Foundation.cosh(x)
        case .tanh: return Foundation.tanh(x)
        case .asinh: return Foundation.asinh(x)
        case .acosh: return Foundation.acosh(x)
        case .atanh: return Foundation.atanh(x)
        case .gamma: return SpecialFunctions.gamma(x)
        case .lgamma: return SpecialFunctions.logGamma(x)
        case .digamma: return SpecialFunctions.polygamma(0, x)
        case .polygamma: return Int(exactly: x).map { SpecialFunctions.polygamma($0, arguments[1]) } ?? .nan
        case .beta: return SpecialFunctions.beta(x, arguments[1])
        case .erf: return Foundation.erf(x)
        case .erfc: return Foundation.erfc(x)
        case .factorial: return SpecialFunctions.gamma(x + 1)
        case .relu: return x > 0 ? x : 0
        case .sigmoid: return x >= 0 ? 1 / (1 + Foundation.exp(-x)) : Foundation.exp(x) / (1 + Foundation.exp(x))
        case .softplus: return Swift.max(x, 0) + Foundation.log1p(Foundation.exp(-Swift.abs(x)))
        case .min: return arguments.reduce(x) { Swift.min($0, $1) }
        case .max: return arguments.reduce(x) { Swift.max($0, $1) }
        }
    }

    /// Whether the function grows without bound at the arguments, though they are finite.
    func isPole(_ arguments: [Double]) -> Bool {
        let x = arguments[0]
        switch self {
        case .log, .log2, .log10: return x == 0
        case .cot, .csc: return x == 0
        case .atanh: return Swift.abs(x) == 1
        default: return false
        }
    }

    /// Why there is no value.
    func refusal(of arguments: [Double]) -> String {
        let values = arguments.map(\.written).joined(separator: ", ")
        let domain =
            switch self {
            case .log, .log2, .log10: "it needs a number above 0"
            case .asin, .acos: "it needs a number from -1 to 1"
            case .acosh: "it needs a number of at least 1"
            case .atanh: "it needs a number between -1 and 1"
            case .gamma, .lgamma, .digamma: "it has poles at 0, -1, -2, …"
            case .factorial: "it has poles at -1, -2, …"
            case .beta: "it has poles where an argument is 0, -1, -2, …"
            case .polygamma: "its order is a whole number from 0 to 100, and it has poles at 0, -1, -2, …"
            case .cot, .csc: "it has a pole at 0"
            default: "it has no value there"
            }
        return "\(rawValue) of \(values) is undefined, \(domain)"
    }
}

/// Functions that the system's library has not, or not everywhere.
enum SpecialFunctions {
    /// Γ(x); NaN at its poles.
    static func gamma(_ x: Double) -> Double { x <= 0 && x == x.rounded() ? .nan : tgamma(x) }

    /// log |Γ(x)|, by Stirling's series for large x (DLMF 5.11.1) and reflection below zero.
    static func logGamma(_ x: Double) -> Double {
        if x <= 0 && x == x.rounded() { return .nan }
        if x < 0 { return log(Double.pi / abs(sin(Double.pi * x))) - logGamma(1 - x) }
        if x < 15 { return log(tgamma(x)) }
        guard x.isFinite else { return x }
        let terms: [Double] = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360]
        let series: Double = terms.reversed().reduce(0.0) { (sum: Double, term: Double) in sum / (x * x) + term } / x
        let logarithm: Double = log(x)
        return (x - 0.5) * logarithm - x + 0.5 * log(2 * Double.pi) + series
    }

    /// ψ and its derivatives: the recurrence up to x ≥ 20, then the asymptotic series (DLMF 5.11.2, 5.15.8).
    static func polygamma(_ order: Int, _ x: Double) -> Double {
        guard (0...100).contains(order), !x.isNaN, !(x <= 0 && x == x.rounded()) else { return .nan }
        // Each step of the recurrence costs a power; so far below zero no one has digits left.
        guard x > -100_000 else { return .nan }
        let sign = order.isMultiple(of: 2) ? -1.0 : 1.0
        let factorial = tgamma(Double(order) + 1)
        var (sum, y) = (0.0, x)
        // ψₙ(x) = ψₙ(x + 1) − (−1)ⁿ·n!/xⁿ⁺¹
        while y < 20 + Double(order) {
            sum += (order == 0 ? -1 : sign * factorial) / pow(y, Double(order + 1))
            y += 1
        }
        let bernoulli: [Double] = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6]
        if order == 0 {
            var series = log(y) - 0.5 / y
            for (index, number) in bernoulli.enumerated() {
                let k = Double(2 * index + 2)
                series -= number / (k * pow(y, k))
            }
            return sum + series
        }
        // (−1)ⁿ⁺¹·[(n − 1)!/yⁿ + n!/(2yⁿ⁺¹) + Σ B₂ₖ·(2k + n − 1)!/((2k)!·y²ᵏ⁺ⁿ)]
        let n = Double(order)
        var series = tgamma(n) / pow(y, n) + factorial / (2 * pow(y, n + 1))
        for (index, number) in bernoulli.enumerated() {
            let k = Double(2 * index + 2)
            series += number * tgamma(k + n) / (tgamma(k + 1) * pow(y, k + n))
        }
        return sum + sign * series
    }

    /// Γ(a)·Γ(b)/Γ(a + b)
    static func beta(_ a: Double, _ b: Double) -> Double {
        if [a, b].contains(where: { $0 <= 0 && $0 == $0.rounded() }) { return .nan }
        if a + b <= 0 && a + b == (a + b).rounded() { return 0 }
        if max(abs(a), abs(b), abs(a + b)) < 100 { return tgamma(a) * tgamma(b) / tgamma(a + b) }
        func sign(_ x: Double) -> Double { x > 0 || Int(x.rounded(.down)).isMultiple(of: 2) ? 1 : -1 }
        let magnitude = exp(logGamma(a) + logGamma(b) - logGamma(a + b))
        return abs(a) < 1e15 && abs(b) < 1e15 ? sign(a) * sign(b) * sign(a + b) * magnitude : .nan
    }
}
