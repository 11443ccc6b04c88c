import LeibnizKernels

/// A rule for integrals over the cube [−1, 1]ᵈ with weights that add up to 1, an estimate of its error, and how much the values bend along
/// each axis.
///
/// In one to three dimensions a product of Kronrod's rules, 21ᵈ points: the error along an axis is seen by Gauss's rule there. In four to
/// twelve the rule of degree 7 with 1 + 4d + 2d(d − 1) + 2ᵈ points, and its error by one of degree 5 (A. C. Genz & A. A. Malik, *An adaptive
/// algorithm for numerical integration over an N-dimensional rectangular region*, 1980). A rule of high degree needs far fewer regions.
struct CubatureRule {
    let dimension: Int
    let points: [[Double]]
    let weights: [Double]
    /// Weights of the differences to coarser rules, each of which is an error.
    let differences: [[Double]]
    /// For each axis the weights of what is the greater, the more the values bend along it.
    let bends: [[Double]]

    /// Whether it is a product, whose differences are far greater than its error, as Kronrod's from Gauss's.
    var isProduct: Bool { dimension <= CubatureRule.greatestProduct }
    private static let greatestProduct = 3

    init(_ dimension: Int) throws(TensorError) {
        guard (1...12).contains(dimension) else {
            throw TensorError(
                "integrate", [[dimension]], "adaptive regions in \(dimension) dimensions need too many points",
                kind: .value, hint: "method: .sobol or .monteCarlo")
        }
        self = dimension <= CubatureRule.greatestProduct ? .product(dimension) : .genzMalik(dimension)
    }

    private init(
        _ dimension: Int, points: [[Double]], weights: [Double], differences: [[Double]], bends: [[Double]]
    ) {
        (self.dimension, self.points, self.weights) = (dimension, points, weights)
        (self.differences, self.bends) = (differences, bends)
    }

    private static func product(_ dimension: Int) -> CubatureRule {
        let lines = (0..<dimension).reduce([[Int]()]) { lines, _ in
            lines.flatMap { line in (0..<GaussKronrod.count).map { line + [$0] } }
        }
        /// The products of weights, along one axis those of another rule.
        func weights(_ axis: Int?, _ own: [Double]) -> [Double] {
            lines.map { line in
                line.enumerated().reduce(1) { $0 * ($1.offset == axis ? own : GaussKronrod.weights)[$1.element] / 2 }
            }
        }
        let change = zip(GaussKronrod.weights, GaussKronrod.gaussWeights).map { $0 - $1 }
        let differences = (0..<dimension).map { weights($0, change) }
        return CubatureRule(
            dimension, points: lines.map { $0.map { GaussKronrod.nodes[$0] } }, weights: weights(nil, []),
            differences: differences, bends: differences)
    }

    private static func genzMalik(_ dimension: Int) -> CubatureRule {
        let d = Double(dimension)
        let (near, far, corner) = ((9.0 / 70).squareRoot(), (9.0 / 10).squareRoot(), (9.0 / 19).squareRoot())
        var (points, weights, coarse) = ([[Double]](), [Double](), [Double]())
        func add(_ offsets: [(axis: Int, distance: Double)], _ weight: Double, _ other: Double) {
            var point = [Double](repeating: 0, count: dimension)
            for (axis, distance) in offsets { point[axis] = distance }
            points.append(point)
            weights.append(weight)
            coarse.append(other)
        }
        add([], (12824 - 9120 * d + 400 * d * d) / 19683, (729 - 950 * d + 50 * d * d) / 729)
        // For each axis both near and both far points.
        for axis in 0..<dimension {
            for sign in [-1.0, 1] { add([(axis, sign * near)], 980.0 / 6561, 245.0 / 486) }
            for sign in [-1.0, 1] { add([(axis, sign * far)], (1820 - 400 * d) / 19683, (265 - 100 * d) / 1458) }
        }
        for i in 0..<dimension {
            for j in i + 1..<dimension {
                for (a, b) in [(-1.0, -1.0), (-1, 1), (1, -1), (1, 1)] {
                    add([(i, a * far), (j, b * far)], 200.0 / 19683, 25.0 / 729)
                }
            }
        }
        for bits in 0..<1 << dimension {
            add(
                (0..<dimension).map { ($0, bits >> $0 & 1 == 0 ? -corner : corner) },
                6859.0 / 19683 / Double(1 << dimension), 0)
        }
        // The fourth difference along each axis, from the points in the order in which they were added.
        let bends = (0..<dimension).map { axis in
            var weights = [Double](repeating: 0, count: points.count)
            let first = 1 + 4 * axis
            weights[0] = -2 + 2.0 / 7
            for (place, weight) in [1, 1, -1.0 / 7, -1.0 / 7].enumerated() { weights[first + place] = weight }
            return weights
        }
        return CubatureRule(
            dimension, points: points, weights: weights, differences: [zip(weights, coarse).map { $0 - $1 }],
            bends: bends)
    }
}
