import Testing

@testable import LeibnizCore

/// Derivatives of derivatives, in any mixture of transformations.
@Suite struct `Nested transformations` {
    typealias Function = (Tensor) -> Tensor

    /// Functions of three numbers, each with its name.
    static let functions: [(name: String, f: @Sendable (Tensor) -> Tensor)] = [
        ("polynomial", { sum(pow($0, 4)) + $0[0] * $0[1] * $0[2] }),
        ("exponential", { exp(0.3 * sum($0)) }),
        ("logarithm", { sum(log(2 + $0 * $0)) }),
        ("waves", { sin($0[0]) * cos($0[1]) + tan(0.3 * $0[2]) }),
        ("quotient", { $0[0] / (1 + $0[1] * $0[1] + $0[2] * $0[2]) }),
        ("tanh net", { x in sum(tanh(matmul(Self.matrix, tanh(matmul(Self.matrix, x))))) }),
        ("sigmoid", { sum(sigmoid($0) * $0) }),
        ("softplus", { softplus(sum($0)) }),
        ("softmax", { sum(softmax($0) * Tensor([1.0, -2, 3], .float64)) }),
        ("log-sum-exp", { logSumExp($0 * $0) }),
        ("norm", { norm($0 + 3) }),
        ("product", { product($0 + 0.5) }),
        ("running product", { sum(Tensor(Prefix(operation: .product, axis: 0), [$0 * 0.5])) }),
        ("greatest", { max($0 * $0 * $0) }),
        ("sorted", { sum(sort($0 * $0).values * Tensor([1.0, 2, 3], .float64)) }),
        ("quadratic form", { x in matmul(x, matmul(Self.matrix, x)) * sum(x) }),
        ("error function", { sum(erf($0)) * $0[1] }),
        ("powers", { x in sum(pow(x * x + 1, x)) }),
        ("roots", { sum(sqrt($0 * $0 + 1)) + sum(rsqrt($0 * $0 + 2)) }),
        ("windows", { sum(pow(sum($0.windows(axis: 0, size: 2), axes: [1]), 3)) }),
        ("angles", { atan2($0[0], 2 + $0[1]) + sum(asin(0.2 * $0)) }),
        ("checkpoint", { x in sum(checkpoint { sin($0) * $0 }(x) * x) }),
    ]

    private static let matrix = Tensor([[0.3, -0.5, 0.2], [0.7, 0.1, -0.4], [-0.2, 0.6, 0.5]], .float64)

    /// Ways to differentiate a scalar function along v: each turns a function into another.
    private static var ways: [(name: String, derivative: (@escaping Function, Tensor) -> Function)] {
        [
            ("forward", { f, v in { pushforward(f, at: $0, along: v).tangent } }),
            ("reverse", { f, v in { sum(gradient(of: f)($0) * v) } }),
            ("pullback", { f, v in { x in sum(pullback(f, at: x).pullback(Tensor(1, .float64)) * v) } }),
            ("taylor", { f, v in { taylor(of: f, at: $0, along: v, order: 1).coefficients[1] } }),
            (
                "batch of directions",
                { f, v in { x in sum(vmap { linearized(f, at: x).linear($0) }(stack([2 * v, -v]))) } }
            ),
            ("batch of points", { f, v in { x in sum(vmap { sum(gradient(of: f)($0) * v) }(stack([x, x]))) * 0.5 } }),
            ("columns", { f, v in { sum(jacobian(of: f, mode: .forward)($0) * v) } }),
            ("row", { f, v in { sum(jacobian(of: f, mode: .reverse)($0) * v) } }),
            (
                "compiled",
                { f, v in
                    { x in
                        // Within another transformation the body is part of its graph.
                        nonisolated(unsafe) let f = f
                        let step = compiled { (x: Tensor) in pushforward(f, at: x, along: v).tangent }
                        do { return try step(x) } catch {
                            return Tensor(invalid: TensorError("compiled", [], "\(error)"))
                        }
                    }
                }
            ),
        ]
    }

    private static let directions = [[0.5, -1, 0.25], [1, 0.5, -0.75], [-0.25, 0.75, 1]].map { Tensor($0, .float64) }

    @Test(arguments: functions.indices)
    func `of third order agree in any mixture`(number: Int) throws {
        let (name, f) = Self.functions[number]
        var numbers = Numbers(100 + number)
        func draw(_ count: Int) -> Int { Int(Double(count) * numbers.next()) }
        let points = Block([2, 3], Domain.reals(0.2...0.9).draw(6, &numbers)).tensor(.float64)
        let ways = Self.ways
        func third(_ mixture: [Int]) -> Function {
            zip(mixture, Self.directions).reduce(f) { ways[$1.0].derivative($0, $1.1) }
        }
        // Every way is inner, middle and outer once.
        let (middle, outer) = (draw(ways.count), draw(ways.count))
        let mixtures = ways.indices.map { [$0, ($0 + middle) % ways.count, ($0 + outer) % ways.count] }
        let expected = try (0..<2).flatMap { try third([0, 0, 0])(points[$0]).doubles() }
        for mixture in mixtures {
            // Over all of it, a batch of points.
            let found = try vmap(third(mixture))(points).doubles()
            let label = mixture.map { ways[$0].name }.joined(separator: ", then ")
            if let difference = firstDifference(found, expected, tolerance: 1e-9) {
                Issue.record("\(name): \(label): \(difference)")
            }
        }
    }

    @Test(arguments: functions.indices)
    func `are the same inside compiled`(number: Int) throws {
        let (name, f) = Self.functions[number]
        let x = Tensor([0.7, 0.4, 0.55], .float64)
        let v = Self.directions[0]
        let all: @Sendable (Tensor, Tensor) -> [Tensor] = { x, v in
            [
                hessian(of: f)(x), gradient(of: f)(x), laplacian(of: f)(x),
                hessianVectorProduct(of: f, at: x, along: v), vmap(gradient(of: f))(stack([x, v + 1])),
            ] + taylor(of: f, at: x, along: v, order: 4).coefficients
        }
        let step = compiled { (x: Tensor, v: Tensor) in all(x, v) }
        let (inside, outside) = (try step(x, v), all(x, v))
        for (place, (found, expected)) in zip(inside, outside).enumerated() {
            if let difference = firstDifference(try found.doubles(), try expected.doubles(), tolerance: 1e-11) {
                Issue.record("\(name), result \(place): \(difference)")
            }
        }
        // The Hessian is that of nested gradients, and knows its own products, trace and Taylor coefficient.
        let H = try outside[0].doubles()
        let product = (0..<3).map { row in dot(Array(H[3 * row..<3 * row + 3]), [0.5, -1, 0.25]) }
        #expect(firstDifference(try outside[3].doubles(), product, tolerance: 1e-11) == nil, "\(name)")
        #expect(firstDifference(try outside[2].doubles(), [H[0] + H[4] + H[8]], tolerance: 1e-11) == nil, "\(name)")
        #expect(
            firstDifference(try outside[7].doubles(), [0.5 * dot(product, [0.5, -1, 0.25])], tolerance: 1e-11) == nil,
            "\(name)")
    }
}
