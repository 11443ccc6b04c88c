import Foundation
import Leibniz
import Testing

@Suite struct `Quadrature pooling` {
    /// The interpolant of a map at a point: the cell's value, or the multilinear mean of the centres around.
    private static func interpolant(_ f: [Double], _ extents: [Int], _ kind: MapInterpolation, at x: [Double]) -> Double
    {
        func value(_ axis: Int, _ place: Int) -> Double {
            guard axis < extents.count else { return f[place] }
            let n = extents[axis]
            if kind == .constant {
                return value(axis + 1, place * n + Swift.min(Swift.max(Int(x[axis].rounded(.down)), 0), n - 1))
            }
            let t = Swift.min(Swift.max(x[axis] - 0.5, 0), Double(n - 1))
            let i = Swift.min(Int(t), Swift.max(0, n - 2)), share = t - Double(i)
            let low = value(axis + 1, place * n + i)
            return share == 0 ? low : (1 - share) * low + share * value(axis + 1, place * n + i + 1)
        }
        return value(0, 0)
    }

    /// The mean of the interpolant over a box: Simpson's rule in every piece between corners, borders and centres, where the
    /// interpolant is a polynomial.
    private static func naiveMean(
        _ f: [Double], _ extents: [Int], _ kind: MapInterpolation, _ a: [Double], _ b: [Double]
    ) -> Double {
        let nodes = zip(a, b).map { low, high -> [(Double, Double)] in
            let (first, last) = (Swift.min(low, high), Swift.max(low, high))
            let breaks = stride(from: (first * 2).rounded(.up) / 2, to: last, by: 0.5).filter { $0 > first }
            let ends = [first] + breaks + [last]
            return zip(ends, ends.dropFirst()).flatMap { from, to in
                // Ends of pieces are taken from inside, where the function jumps.
                let tiny = (to - from) * 1e-13
                return [
                    (from + tiny, (to - from) / 6), ((from + to) / 2, (to - from) * 2 / 3),
                    (to - tiny, (to - from) / 6),
                ]
            }
        }
        let total = WindowCase.points(nodes.map(\.count)).reduce(0.0) { total, point in
            let at = point.enumerated().map { nodes[$0][$1] }
            return total + at.map(\.1).reduce(1, *) * interpolant(f, extents, kind, at: at.map(\.0))
        }
        return total / zip(a, b).reduce(1.0) { $0 * abs($1.1 - $1.0) }
    }

    private static let boxes: [(a: [Double], b: [Double])] = [
        ([0, 0, 0], [3, 2, 2]), ([0.3, 1.2, 0.6], [2.9, 3.7, 1.9]), ([1.1, 0.2, 0.1], [1.4, 0.45, 2.9]),
        ([-1.5, -0.5, 0.5], [0.75, 6.25, 1.5]), ([0.5, 0.5, 0.5], [3.5, 2.5, 1.5]),
        ([2.6, 3.1, 2.2], [0.4, 1.3, 0.7]),
        ([0.2, 0.3, 0.1], [0.21, 0.31, 0.4]),
    ]

    @Test(arguments: [1, 2, 3], MapInterpolation.allCases)
    func `exact means are those of the interpolant`(_ rank: Int, _ kind: MapInterpolation) throws {
        let extents = Array([4, 5, 3].prefix(rank))
        let map = normal(Shape([2] + extents), seed: 1), numbers = try map.doubles()
        let area = extents.reduce(1, *)
        let boxes = Self.boxes.prefix(rank == 3 ? 3 : 7).map { (Array($0.a.prefix(rank)), Array($0.b.prefix(rank))) }
        let (lower, upper) = (corners(boxes.map(\.0)), corners(boxes.map(\.1)))
        let expected = (0..<2).flatMap { n in
            boxes.map { Self.naiveMean(Array(numbers[(n * area)..<((n + 1) * area)]), extents, kind, $0, $1) }
        }
        let means = regionMeans(of: map, from: lower, to: upper, interpolation: kind)
        #expect(means.shape == [2, boxes.count])
        try expectCloseTo(means, expected, within: 1e-11, "\(kind) in \(rank)")
        let weights = normal(means.shape, seed: 2)
        let inMap = { (map: Tensor) in
            sum(regionMeans(of: map, from: lower, to: upper, interpolation: kind) * weights)
        }
        // Linear in the map: the difference to any other one is exact.
        let step = normal(map.shape, seed: 3)
        try expectClose(sum((∇inMap)(map) * step), [inMap(map + step).item() - inMap(map).item()], within: 1e-10)
    }

    private func corners(_ rows: [[Double]]) -> Tensor {
        Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count], .float64)
    }

    @Test(arguments: [RegionIntegration.exact, .midpoint(panels: 3), .simpson(), .gaussLegendre(3, panels: 2)])
    func `derivatives in the corners agree with differences`(_ rule: RegionIntegration) throws {
        let map = normal([4, 5], seed: 1)
        let boxes = [([0.31, 1.22], [2.93, 3.74]), ([1.13, 0.24], [1.44, 0.45]), ([-1.5, -0.7], [0.77, 6.2])]
        let lower = corners(boxes.map(\.0)), upper = corners(boxes.map(\.1))
        let weights = normal([3], seed: 2)
        for moved in [true, false] {
            let loss = { (x: Tensor) in
                sum(
                    pow(regionMeans(of: map, from: moved ? x : lower, to: moved ? upper : x, rule: rule), 2) * weights)
            }
            let x = moved ? lower : upper
            try expectClose((∇loss)(x), centralDifferences(of: loss, at: x), within: 1e-8)
            let v = normal(x.shape, seed: 3)
            let slope = { (x: Tensor) in sum((∇loss)(x) * v) }
            try expectClose(
                hessianVectorProduct(of: loss, at: x, along: v), centralDifferences(of: slope, at: x), within: 1e-6)
        }
    }

    @Test func `Leibniz's rule: the derivative of an integral in its bound is the function there`() throws {
        let f = [2.0, -1, 3, 0.5]
        let map = Tensor(f, .float64)
        for kind in MapInterpolation.allCases {
            for b in [0.2, 0.5, 1, 1.25, 2.5, 3.75, 5] {
                let integral = { (b: Tensor) in
                    let end = b.reshaped(to: [1, 1])
                    return sum(regionMeans(of: map, from: end.filled(0), to: end, interpolation: kind) * b)
                }
                let expected = Self.interpolant(f, [4], kind, at: [b])
                #expect(try (∇integral)(Tensor(b, .float64)).item().isClose(to: expected), "\(kind) at \(b)")
            }
        }
        // A region that shrinks to a point has the function there as its mean.
        let point = corners([[1.2]])
        #expect(try regionMeans(of: map, from: point, to: point).item().isClose(to: 2 - 0.7 * 3))
    }

    @Test func `named rules take the interpolant at their nodes`() throws {
        let extents = [4, 5], map = normal([4, 5], seed: 1), f = try map.doubles()
        let third = (1 / 3.0).squareRoot() / 2, fifth = (3 / 5.0).squareRoot() / 2
        let rules: [(RegionIntegration, [Double], [Double])] = [
            (.midpoint(), [0.5], [1]), (.midpoint(panels: 2), [0.25, 0.75], [0.5, 0.5]),
            (.trapezoid(), [0, 1], [0.5, 0.5]),
            (.trapezoid(panels: 2), [0, 0.5, 1], [0.25, 0.5, 0.25]),
            (.simpson(), [0, 0.5, 1], [1 / 6.0, 2 / 3.0, 1 / 6.0]),
            (.gaussLegendre(1), [0.5], [1]), (.gaussLegendre(2), [0.5 - third, 0.5 + third], [0.5, 0.5]),
            (.gaussLegendre(3), [0.5 - fifth, 0.5, 0.5 + fifth], [5 / 18.0, 8 / 18.0, 5 / 18.0]),
        ]
        let (a, b) = ([0.3, 1.2], [2.9, 3.7])
        for (rule, nodes, weights) in rules {
            for kind in MapInterpolation.allCases {
                var expected = 0.0
                for (s, v) in zip(nodes, weights) {
                    for (t, w) in zip(nodes, weights) {
                        let x = [a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * t]
                        expected += v * w * Self.interpolant(f, extents, kind, at: x)
                    }
                }
                let found = regionMeans(
                    of: map, from: corners([a]), to: corners([b]), interpolation: kind, rule: rule)
                #expect(try found.item().isClose(to: expected), "\(rule), \(kind)")
            }
        }
        // n nodes integrate polynomials of degree 2n − 1 in every panel: here the interpolant is one of degree 1 in each axis.
        let cell = (corners([[1.5, 2.5]]), corners([[2.5, 3.5]]))
        let exact = try regionMeans(of: map, from: cell.0, to: cell.1).item()
        for n in [1, 2, 5, 20, 64] {
            let found = try regionMeans(of: map, from: cell.0, to: cell.1, rule: .gaussLegendre(n)).item()
            #expect(found.isClose(to: exact))
        }
        #expect(message(of: regionMeans(of: map, from: cell.0, to: cell.1, rule: .gaussLegendre(0))).contains("node"))
        #expect(
            message(of: regionMeans(of: map, from: cell.0, to: cell.1, rule: .midpoint(panels: 0))).contains("panel"))
    }

    /// The slope of log error over log distance for f = e^x·cos 3y on 0…1², of which each region is a quarter or less.
    @Test func `errors fall with the order of the rule on refined grids`() throws {
        func f(_ x: Double, _ y: Double) -> Double { exp(x) * cos(3 * y) }
        let (a, b) = ([0.25, 0.125], [0.75, 0.625])
        let exact = (exp(b[0]) - exp(a[0])) * (sin(3 * b[1]) - sin(3 * a[1])) / 3 / 0.25
        func errors(_ rule: (Int) -> RegionIntegration, offset: Double, _ kind: MapInterpolation = .linear) throws
            -> [Double]
        {
            try [16, 32, 64, 128].map { n in
                // Element i stands at (i + ½ − offset)/n: with an offset of ½ corners are centres, without they are borders.
                let points = (0...n).map { (Double($0) + 0.5 - offset) / Double(n) }
                let map = Tensor(points.flatMap { x in points.map { f(x, $0) } }, shape: [n + 1, n + 1], .float64)
                func place(_ x: [Double]) -> Tensor { corners([x.map { $0 * Double(n) + offset }]) }
                let mean = regionMeans(of: map, from: place(a), to: place(b), interpolation: kind, rule: rule(n / 2))
                return try abs(mean.item() - exact)
            }
        }
        func order(_ errors: [Double]) -> Double { log2(errors[2] / errors[3]) }
        let cases: [(String, (Int) -> RegionIntegration, Double, MapInterpolation, Double)] = [
            ("midpoint", { .midpoint(panels: $0) }, 0, .linear, 2),
            ("trapezoid", { .trapezoid(panels: $0) }, 0.5, .linear, 2),
            ("simpson", { .simpson(panels: $0 / 2) }, 0.5, .linear, 4),
            ("exact, linear", { _ in .exact }, 0.5, .linear, 2),
            ("exact, constant", { _ in .exact }, 0, .constant, 2),
            ("Gauss–Legendre, between centres", { .gaussLegendre(2, panels: $0) }, 0.5, .linear, 2),
        ]
        for (name, rule, offset, kind, expected) in cases {
            let errors = try errors(rule, offset: offset, kind)
            #expect(abs(order(errors) - expected) < 0.05, "\(name): \(errors)")
        }
    }

    @Test func `a grid of learned bounds begins as equal parts`() throws {
        let layer = withElementType(.float64) { QuadraturePool2D([3, 2]) }
        #expect(layer.namedParameters.map(\.path) == ["bounds.0", "bounds.1"])
        let x = normal([2, 3, 7, 5], seed: 1)
        let cells = WindowCase.points([3, 2])
        let lower = corners(cells.map { [Double($0[0]) * 7 / 3, Double($0[1]) * 2.5] })
        let upper = corners(cells.map { [Double($0[0] + 1) * 7 / 3, Double($0[1] + 1) * 2.5] })
        #expect(layer(x).shape == [2, 3, 3, 2])
        try expectClose(layer(x), regionMeans(of: x, from: lower, to: upper).doubles(), within: 1e-12)
        try expectSlopes(layer, at: x)
        for (path, parameter) in layer.namedParameters {
            let loss = { (bounds: Tensor) in layer.withParameters([path: bounds]) { sum(pow(layer(x), 2)) } }
            // Off the centres, where the interpolant has its corners.
            let bounds = parameter.value + 0.013
            try expectClose((∇loss)(bounds), centralDifferences(of: loss, at: bounds), within: 1e-6)
        }
        // Piecewise constant, whole cells: average pooling.
        let average = withElementType(.float64) { QuadraturePool2D([3, 2], interpolation: .constant) }
        let even = normal([2, 3, 6, 4], seed: 2)
        try expectClose(average(even), AveragePool2D([2, 2])(even).doubles())
        #expect(QuadraturePool1D([4])(normal([2, 9], seed: 1)).shape == [2, 4])
        #expect(QuadraturePool3D([2, 1, 3])(Tensor.ones([1, 3, 4, 5])).shape == [1, 2, 1, 3])
        #expect(message(of: QuadraturePool2D([3])(x)).contains("ValueError: QuadraturePool2D"))
        #expect(message(of: QuadraturePool2D([0, 1])(x)).contains("ValueError: QuadraturePool2D"))
    }

    @Test func `bounds find the part of the map that explains a number`() throws {
        // A step at 5: the mean of the region is 0.5 when half of it lies beyond.
        let map = Tensor((0..<10).map { $0 < 5 ? 0.0 : 1.0 }, shape: [1, 10])
        let layer = QuadraturePool1D([1])
        let optimizer = Adam(layer, learningRate: 0.02)
        let target = Tensor([[0.8]])
        for _ in 1...150 { try optimizer.minimize(meanSquaredError(layer(map), target)) }
        #expect(try layer(map).item().isClose(to: 0.8, within: 1e-3))
    }
}
