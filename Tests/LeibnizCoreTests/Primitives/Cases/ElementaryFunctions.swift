import Foundation

@testable import LeibnizCore

/// Functions of one real number; the references are those of the C library, or sums of series.
let elementaryFunctions: [PrimitiveEntry] = [
    .unary(Exponential.self, { exp($0) }) { Foundation.exp($0) },
    .unary(ExponentialMinusOne.self, { expm1($0) }) { Foundation.expm1($0) },
    .unary(Logarithm.self, { log($0) }, in: .reals(0.2...5)) { Foundation.log($0) },
    .unary(LogarithmOnePlus.self, { log1p($0) }, in: .reals(-0.8...5)) { Foundation.log1p($0) },
    .unary(Sigmoid.self, { sigmoid($0) }) { 1 / (1 + Foundation.exp(-$0)) },
    .unary(Softplus.self, { softplus($0) }) { $0 > 40 ? $0 : Foundation.log1p(Foundation.exp($0)) },
    .unary(SquareRoot.self, { sqrt($0) }, in: .reals(0.3...5)) { $0.squareRoot() },
    .unary(ReciprocalSquareRoot.self, { rsqrt($0) }, in: .reals(0.4...5)) { 1 / $0.squareRoot() },
    .unary(Sine.self, { sin($0) }) { Foundation.sin($0) },
    .unary(Cosine.self, { cos($0) }) { Foundation.cos($0) },
    .unary(Tangent.self, { tan($0) }, in: .reals(-1.2...1.2), tolerance32: 1e-4) { Foundation.tan($0) },
    .unary(ArcSine.self, { asin($0) }, in: .reals(-0.9...0.9)) { Foundation.asin($0) },
    .unary(ArcCosine.self, { acos($0) }, in: .reals(-0.9...0.9)) { Foundation.acos($0) },
    .unary(ArcTangent.self, { atan($0) }) { Foundation.atan($0) },
    .unary(HyperbolicSine.self, { sinh($0) }, extremes: ends) { Foundation.sinh($0) },
    .unary(HyperbolicCosine.self, { cosh($0) }, extremes: ends) { Foundation.cosh($0) },
    .unary(HyperbolicTangent.self, { tanh($0) }) { Foundation.tanh($0) },
    .unary(ErrorFunction.self, { erf($0) }) { Foundation.erf($0) },
    .unary(LogGamma.self, { lgamma($0) }, in: .reals(0.3...6), tolerance: 1e-11) { Foundation.lgamma($0) },
    .unary(
        Digamma.self, { digamma($0) }, in: .reals(0.5...6), extremes: [.nan, 0.25, 1, 40, 1000], tolerance: 1e-11,
        digammaBySum),
    .unary(
        Polygamma.self, { polygamma(2, $0) }, in: .reals(0.7...4), extremes: [.nan, 0.25, 1, 40], tolerance: 1e-10,
        tetragammaBySum),
]

/// ψ(x) = ln y − 1/2y − 1/12y² − Σ 1/(x + k) over k < 1000, y = x + 1000 (Euler & Maclaurin).
@Sendable private func digammaBySum(_ x: Double) -> Double {
    var sum = 0.0
    for k in 0..<1000 { sum += 1 / (x + Double(k)) }
    let y = x + 1000
    let tail = Foundation.log(y) - 1 / (2 * y)
    return tail - 1 / (12 * y * y) - sum
}

/// ψ″(x) = −2 Σ (x + k)⁻³, the tail by Euler & Maclaurin.
@Sendable private func tetragammaBySum(_ x: Double) -> Double {
    var sum = 0.0
    for k in 0..<2000 {
        let term = x + Double(k)
        sum += 1 / (term * term * term)
    }
    let y = x + 2000
    return -2 * (sum + 1 / (2 * y * y) + 1 / (2 * y * y * y))
}

private let ends: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e-30, 20, -20]
