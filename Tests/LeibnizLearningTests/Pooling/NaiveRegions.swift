import Leibniz
import Testing

/// Settings of windows, and what nested loops find in them.
struct WindowCase: Sendable, CustomStringConvertible {
    var shape: Shape
    var size: [Int]
    var stride: [Int]
    var padding: [Int]
    var dilation: [Int]
    var ceilMode = false
    var countsPadding = false

    init(
        _ shape: Shape, _ size: [Int], stride: [Int]? = nil, padding: [Int]? = nil, dilation: [Int]? = nil,
        ceilMode: Bool = false, countsPadding: Bool = false
    ) {
        (self.shape, self.size, self.stride) = (shape, size, stride ?? size)
        self.padding = padding ?? size.map { _ in 0 }
        self.dilation = dilation ?? size.map { _ in 1 }
        (self.ceilMode, self.countsPadding) = (ceilMode, countsPadding)
    }

    var description: String {
        "\(size) stride \(stride) padding \(padding) dilation \(dilation)\(ceilMode ? " ceiling" : "")\(countsPadding ? " counted" : "") of \(shape)"
    }

    func pool<Rule: PoolingRule>(_ rule: Rule) -> Pool<Rule> {
        Pool(
            rule, size, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode,
            countsPadding: countsPadding)
    }

    static let cases = [
        WindowCase([2, 2, 6, 8], [2, 2]), WindowCase([1, 2, 7, 5], [3, 2], stride: [2, 1]),
        WindowCase([2, 1, 7, 9], [3, 3], stride: [2, 2], padding: [1, 1]),
        WindowCase([2, 1, 7, 9], [3, 3], stride: [2, 2], padding: [1, 1], countsPadding: true),
        WindowCase([1, 2, 6, 8], [3, 3], stride: [2, 2], padding: [1, 0], ceilMode: true),
        WindowCase([1, 1, 7, 8], [2, 3], stride: [3, 3], padding: [1, 1], ceilMode: true, countsPadding: true),
        WindowCase([1, 2, 9, 8], [3, 2], stride: [1, 2], padding: [1, 1], dilation: [2, 3]),
        WindowCase([2, 3, 11], [3], stride: [2], padding: [1]), WindowCase([2, 2, 10], [4], ceilMode: true),
        WindowCase([1, 2, 5, 4, 6], [2, 2, 3], stride: [2, 1, 2], padding: [1, 0, 1]),
        WindowCase([2, 4, 5, 4], [2, 3, 2], ceilMode: true), WindowCase([3, 5], [1, 1]), WindowCase([6, 8], [6, 8]),
    ]

    /// For each result in row-major order the elements of its window, `nil` where one does not belong to the region.
    func regions(of x: Tensor) throws -> [[Double?]] {
        let (numbers, rank) = (try x.doubles(), size.count)
        let extents = Array(shape.extents.suffix(rank))
        let maps = shape.extents.dropLast(rank).reduce(1, *)
        let starts = (0..<rank).map { axis in
            let reach = dilation[axis] * (size[axis] - 1) + 1
            var starts: [Int] = [], start = -padding[axis]
            let end = extents[axis] + padding[axis]
            while ceilMode ? start + reach < end + stride[axis] && start < extents[axis] : start + reach <= end {
                starts.append(start)
                start += stride[axis]
            }
            return starts
        }
        var result: [[Double?]] = []
        for map in 0..<maps {
            for place in Self.points(starts.map(\.count)) {
                result.append(
                    Self.points(size).map { k in
                        let at = (0..<rank).map { starts[$0][place[$0]] + k[$0] * dilation[$0] }
                        if (0..<rank).allSatisfy({ (0..<extents[$0]).contains(at[$0]) }) {
                            var flat = map
                            for axis in 0..<rank { flat = flat * extents[axis] + at[axis] }
                            return numbers[flat]
                        }
                        let isPadding = (0..<rank).allSatisfy {
                            at[$0] >= -padding[$0] && at[$0] < extents[$0] + padding[$0]
                        }
                        return countsPadding && isPadding ? 0 : nil
                    })
            }
        }
        return result
    }

    /// All points of a grid, row-major.
    static func points(_ extents: [Int]) -> [[Int]] {
        extents.reduce([[]]) { points, extent in points.flatMap { point in (0..<extent).map { point + [$0] } } }
    }
}

/// Expects that a pooling rule agrees with a function of each window's elements, and its derivatives with differences.
///
/// - Parameter slope: how close the derivatives are; `nil` where they are not tried.
func expectPools(
    _ layer: some Layer, _ c: WindowCase, seed: Int = 5, within tolerance: Double = 1e-12, slope: Double? = 1e-7,
    as naive: ([Double]) -> Double
) throws {
    let x = normal(c.shape, seed: seed)
    let expected = try c.regions(of: x).map { naive($0.compactMap(\.self)) }
    try expectCloseTo(layer(x), expected, within: tolerance, "\(c)")
    if let slope { try expectSlopes(layer, at: x, within: slope, "\(c)") }
}

/// Expects that a layer's first and second derivatives agree with differences along random directions.
func expectSlopes(_ layer: some Layer, at x: Tensor, within tolerance: Double = 1e-7, _ name: String = "") throws {
    let x = try x.evaluated(), v = try normal(x.shape, seed: 9).evaluated()
    let weights = try normal(layer(x).shape, seed: 6).evaluated()
    let directions = try (7...8).map { try normal(x.shape, seed: $0).evaluated() }
    let loss = { (x: Tensor) in sum(layer(x) * weights) }
    // The loss and its slope along v in one plan, and all their derivatives in another.
    let values = { (x: Tensor) in
        let (value, gradient) = valueWithGradient(at: x, of: loss)
        return stack([value, sum(gradient * v)])
    }
    let h = 1e-5
    let differences = try directions.map { u in
        zip(try values(x + h * u).doubles(), try values(x - h * u).doubles()).map { ($0 - $1) / (2 * h) }
    }
    let (gradient, product) = ((∇loss)(x), hessianVectorProduct(of: loss, at: x, along: v))
    let slopes = stack(directions.map { stack([sum(gradient * $0), sum(product * $0)]) })
    let found = try slopes.doubles()
    for (number, expected) in differences.enumerated() {
        #expect(found[2 * number].isClose(to: expected[0], within: tolerance), "gradient, \(name)")
        #expect(found[2 * number + 1].isClose(to: expected[1], within: 100 * tolerance), "Hessian, \(name)")
    }
}

/// As `expectClose`, with the greatest difference in its message.
func expectCloseTo(_ tensor: Tensor, _ numbers: [Double], within tolerance: Double = 1e-12, _ name: String) throws {
    let values = try tensor.doubles()
    let pairs = Array(zip(values, numbers))
    let worst = pairs.max { abs($0.0 - $0.1) < abs($1.0 - $1.1) }
    try expectClose(
        tensor, numbers, within: tolerance,
        "\(name): \(values.count) and \(numbers.count) numbers, at worst \(worst.map { "\($0.0) is not \($0.1)" } ?? "")"
    )
}
