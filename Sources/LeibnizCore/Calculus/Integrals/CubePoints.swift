import LeibnizKernels

/// Points of the unit cube over which an integrand is averaged: products of a rule's nodes, random ones, Sobol's.
struct CubePoints {
    /// [n, d].
    private let points: Tensor
    /// [n], which add up to 1; `nil` where all are 1/n.
    private let weights: Tensor?
    /// The number of independent parts of equal size of which the means can be compared.
    private let parts: Int?

    init(_ method: CubatureMethod, _ dimension: Int) throws(TensorError) {
        func refuse(_ reason: String, _ hint: String? = nil) -> TensorError {
            TensorError("integrate", [[dimension]], reason, kind: .value, hint: hint)
        }
        switch method {
        case .adaptive: throw refuse("adaptive regions are no fixed points")
        case .rule(let rule):
            let n = rule.nodes.count
            if n == 0 { throw rule.emptiness }
            let count = Shape(Array(repeating: n, count: dimension)).count
            guard count <= 1 << 24 else {
                throw refuse("\(n) nodes along \(dimension) axes are too many points", "method: .sobol or .monteCarlo")
            }
            var (numbers, weights) = ([Double](), [Double](repeating: 1, count: count))
            numbers.reserveCapacity(count * dimension)
            for place in 0..<count {
                var stride = count
                for _ in 0..<dimension {
                    stride /= n
                    let node = place / stride % n
                    numbers.append((1 + rule.nodes[node]) / 2)
                    weights[place] *= rule.weights[node] / 2
                }
            }
            (points, parts) = (Tensor(copying: numbers, [count, dimension]), nil)
            self.weights = Tensor(copying: weights, [count])
        case .monteCarlo(let samples, let seed):
            guard samples > 1 else { throw refuse("\(samples) samples have no error") }
            (points, weights, parts) = (Tensor.uniform([samples, dimension], seed: seed, .float64), nil, samples)
        case .sobol(let samples, let seed):
            guard dimension <= Sobol.greatestDimension else {
                throw refuse(
                    "Sobol sequences are known here in up to \(Sobol.greatestDimension) dimensions",
                    "method: .monteCarlo")
            }
            guard (1...1 << 28).contains(samples) else { throw refuse("\(samples) samples are too few or too many") }
            var count = 1
            while count * Sobol.replicates < samples { count *= 2 }
            let numbers = (0..<Sobol.replicates).flatMap {
                Sobol.points(count, dimension, seed: seed &* Sobol.replicates &+ $0)
            }
            (points, weights) = (Tensor(copying: numbers, [count * Sobol.replicates, dimension]), nil)
            parts = Sobol.replicates
        }
    }

    /// The weighted mean, which is differentiated as it stands.
    func mean(of integrand: Integrand) throws(TensorError) -> Tensor {
        let values = integrand.values(at: points)
        return weights.map { LineIntegration.weighted(values, $0) } ?? LeibnizCore.mean(values, axes: [0])
    }

    /// The mean with one standard error.
    func estimate(of integrand: Integrand) throws -> IntegralEstimate {
        let values = integrand.values(at: points), count = points.type.shape[0]
        guard let parts, weights == nil else {
            let value = try mean(of: integrand).evaluated()
            return IntegralEstimate(value: value, error: .nan, evaluations: count)
        }
        if let error = values.error { throw error }
        let extents = values.type.shape.extents
        let means = LeibnizCore.mean(
            values.reshaped(to: Shape([parts, extents[0] / parts] + extents.dropFirst())), axes: [1])
        let value = LeibnizCore.mean(means, axes: [0])
        let spread = variance(means, axes: [0])
        try evaluate(value, spread)
        let error = (try spread.doubles().max() ?? 0) / Double(parts)
        return IntegralEstimate(value: value, error: error.squareRoot(), evaluations: count)
    }
}
