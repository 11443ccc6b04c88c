import LeibnizCore

/// A factorisation of ratings, r ≈ r̂ = μ + b_u + b_i + p_u·q_i (Koren et al. 2009), as a distribution: not the best factors count, but
/// the mean of the predictions of all that fit (Salakhutdinov & Mnih 2008).
///
/// With x_u = (p_u, b_u) ~ N(m, Λ⁻¹), the same for items, and noise of precision α, the negative log posterior is
/// U = α/2·Σ (r − r̂)² + ½ Σ_u (x_u − m)ᵀΛ(x_u − m) + ½ Σ_i …. α follows the residuals, m and Λ the factors as they are: `updatePrior`.
/// `LangevinDescent` draws samples; `addSample` adds their predictions up.
///
/// Parameters: `users` [U, d + 1] and `items` [I, d + 1], the bias last. Without gradient: `mean` μ []; `prior_means` m [2, d + 1] and
/// `prior_precisions` Λ [2, d + 1, d + 1], of users and of items; `prediction_sum` [U, I] and `prediction_count` [].
public struct RatingFactors: Module {
    /// Factors and bias of each user, [U, d + 1].
    public let users: Parameter
    /// Factors and bias of each item, [I, d + 1].
    public let items: Parameter
    /// μ.
    public let mean: Parameter
    let priorMeans: Parameter
    let priorPrecisions: Parameter
    let predictionSum: Parameter
    let predictionCount: Parameter
    private let rank: Int
    private let range: ClosedRange<Double>

    /// Factors drawn from N(0, 0.3²), biases of 0.
    ///
    /// - Parameters:
    ///   - rank: d, 10 by default.
    ///   - mean: μ.
    ///   - range: of ratings, 1 … 5 by default; predictions are kept in it.
    public init(userCount: Int, itemCount: Int, rank: Int = 10, mean: Double, range: ClosedRange<Double> = 1...5) {
        (self.rank, self.range) = (rank, range)
        func factors(_ count: Int) -> Parameter {
            Parameter(Initialization.normal([count, rank], deviation: 0.3).padded([(0, 0), (0, 1)]))
        }
        (users, items) = (factors(userCount), factors(itemCount))
        self.mean = Parameter(Tensor(mean), takesGradient: false)
        priorMeans = Parameter(.zeros([2, rank + 1]), takesGradient: false, name: "prior_means")
        let precisions = (0...rank).map { $0 < rank ? 1 / (0.3 * 0.3) : 5 }
        let diagonal = Tensor.eye(rank + 1) * Tensor(precisions).cast(to: .float32)
        priorPrecisions = Parameter(
            stack([diagonal, diagonal], axis: 0), takesGradient: false, name: "prior_precisions")
        predictionSum = Parameter(.zeros([userCount, itemCount]), takesGradient: false, name: "prediction_sum")
        predictionCount = Parameter(Tensor(0.0), takesGradient: false, name: "prediction_count")
    }

    /// r̂ of pairs, for integers [N] and [N], at the factors as they are.
    public func callAsFunction(_ user: Tensor, _ item: Tensor) -> Tensor {
        let (x, y) = (users.value.gathered(user), items.value.gathered(item))
        let (p, q) = (x.sliced(axis: 1, start: 0, count: rank), y.sliced(axis: 1, start: 0, count: rank))
        let biases = x.sliced(axis: 1, start: rank, count: 1) + y.sliced(axis: 1, start: rank, count: 1)
        return mean.value + biases.squeezed([-1]) + sum(p * q, axes: [-1])
    }

    /// U/N for the ratings of N pairs, [N] each: all that there are.
    public func energy(_ user: Tensor, _ item: Tensor, _ ratings: Tensor) -> Tensor {
        let residuals = self(user, item) - ratings
        let squares = sum(residuals * residuals)
        let count = Double(ratings.count)
        var energy = (count / squares).stopGradient() * squares
        for (place, factors) in [users, items].enumerated() {
            let distances = factors.value - priorMeans.value[place]
            energy = energy + sum(matmul(distances, priorPrecisions.value[place]) * distances)
        }
        return energy / (2 * count)
    }

    /// Gives m and Λ the values that are expected for the factors as they are, with Wishart's distribution of d + 1 degrees of freedom and
    /// unit scale, and two factors at 0, before anything is known.
    ///
    /// - Throws: what evaluation finds.
    public func updatePrior() throws {
        var (means, precisions) = ([Tensor](), [Tensor]())
        for factors in [users, items] {
            let x = factors.value, count = Double(x.shape[0])
            let centre = LeibnizCore.mean(x, axes: [0])
            let distances = x - centre
            let own = matmul(distances.transposed(), distances)
            let shift = (2 * count / (count + 2)) * centre.expanded(at: -1) * centre.expanded(at: 0)
            let scatter = Tensor.eye(rank + 1) + own + shift
            means.append(centre * (count / (count + 2)))
            precisions.append(try Self.inverse(scatter) * (count + Double(rank) + 1))
        }
        try Variable.update {
            priorMeans.value = stack(means, axis: 0)
            priorPrecisions.value = stack(precisions, axis: 0)
        }
    }

    /// The inverse of a positive definite matrix, by Gauss and Jordan's elimination, which then needs no exchange of rows.
    private static func inverse(_ matrix: Tensor) throws -> Tensor {
        let size = matrix.shape[0]
        var a = try matrix.doubles()
        for pivot in 0..<size {
            let scale = 1 / a[pivot * size + pivot]
            for column in 0..<size { a[pivot * size + column] *= scale }
            a[pivot * size + pivot] = scale
            for row in 0..<size where row != pivot {
                let factor = a[row * size + pivot]
                a[row * size + pivot] = 0
                for column in 0..<size { a[row * size + column] -= factor * a[pivot * size + column] }
            }
        }
        return Tensor(a, shape: [size, size]).cast(to: .float32)
    }

    /// About the curvature of U/N along each element of `users` or `items`, α·n·E q² + Λ_kk, for n ratings of each.
    ///
    /// - Parameters:
    ///   - counts: n, of each user or item.
    ///   - otherCounts: those of the others, by which the mean of q² is weighted.
    public func masses(of parameter: Parameter, counts: [Int], otherCounts: [Int]) -> Tensor {
        let isOfUsers = parameter === users
        let other = (isOfUsers ? items : users).value
        func column(_ counts: [Int]) -> Tensor { Tensor(counts.map(Double.init)).cast(to: .float32).expanded(at: -1) }
        let total = Double(max(1, counts.reduce(0, +)))
        let squares = sum(other * other * column(otherCounts), axes: [0]) * (1 / total)
        // A bias stands beside 1 in the place of the other's bias; all factors take the greatest, as they turn into each other.
        let isBias = Tensor.iota([rank + 1], axis: 0) == Tensor(rank)
        let precisions = sum(priorPrecisions.value[isOfUsers ? 0 : 1] * Tensor.eye(rank + 1), axes: [0])
        func spread(_ values: Tensor, bias: Tensor) -> Tensor { which(isBias, bias, max(which(isBias, 0, values))) }
        let curvature = 1.5 * column(counts) * spread(squares, bias: Tensor(1.0)) + spread(precisions, bias: precisions)
        return curvature * (1 / total)
    }

    /// Adds the predictions of all users for all items at the factors as they are to those of which the mean is taken.
    public func addSample() throws {
        try Variable.update {
            predictionSum.value = predictionSum.value + matrix
            predictionCount.value = predictionCount.value + 1
        }
    }

    private var matrix: Tensor {
        let (x, y) = (users.value, items.value)
        let (p, q) = (x.sliced(axis: 1, start: 0, count: rank), y.sliced(axis: 1, start: 0, count: rank))
        let biases =
            x.sliced(axis: 1, start: rank, count: 1) + y.sliced(axis: 1, start: rank, count: 1).transposed()
        return clamp(mean.value + biases + matmul(p, q.transposed()), range.lowerBound, range.upperBound)
    }

    /// The mean predictions of all users for all items, [U, I]; before the first sample those at the factors as they are.
    public var predictions: Tensor {
        let count = predictionCount.value
        return which(count > 0, predictionSum.value / maximum(count, 1), matrix)
    }
}
