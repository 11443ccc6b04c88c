import Leibniz

/// A hundred points of y = 2·x + 3 with normal noise, x normal too.
///
/// Seed 0 gives those of the example program `LinearRegression`; every other seed has points of its own.
struct LinePoints {
    /// [100, 1] of float64.
    let x: Tensor
    /// [100, 1] of float64.
    let y: Tensor

    init(seed: Int) {
        func drawn(_ place: Int) -> Tensor {
            Tensor.normal([100, 1], at: RandomPosition(seed: place, stream: seed)).cast(to: .float64)
        }
        x = drawn(1)
        y = 2 * x + 3 + drawn(2)
    }

    /// The line of least squares in closed form: w = Σ(x − x̄)(y − ȳ) / Σ(x − x̄)², b = ȳ − w·x̄.
    func leastSquares() throws -> (w: Double, b: Double) {
        let (x, y) = (try x.doubles(), try y.doubles())
        let meanX = x.reduce(0, +) / Double(x.count)
        let meanY = y.reduce(0, +) / Double(y.count)
        let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
        let variance = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        let w = covariance / variance
        return (w, meanY - w * meanX)
    }
}
