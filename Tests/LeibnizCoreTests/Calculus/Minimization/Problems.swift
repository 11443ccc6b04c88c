import Testing

@testable import LeibnizCore

/// A function whose least value is known.
struct Problem: Sendable, CustomTestStringConvertible {
    let name: String
    let start: [Double]
    /// The least value that a descent from the start finds, and where.
    let value: Double
    let point: [Double]?
    let f: @Sendable (Tensor) -> Tensor
    /// The numbers whose squares f adds up, if it does.
    let squares: (@Sendable (Tensor) -> [Tensor])?

    var testDescription: String { name }

    init(
        _ name: String, from start: [Double], _ value: Double = 0, at point: [Double]? = nil,
        _ f: @escaping @Sendable (Tensor) -> Tensor
    ) {
        (self.name, self.start, self.value, self.point, self.f, squares) = (name, start, value, point, f, nil)
    }

    /// A sum of squares (numbers of those from J. J. Moré, B. S. Garbow and K. E. Hillstrom, *Testing unconstrained optimization
    /// software*, 1981).
    init(
        _ name: String, from start: [Double], _ value: Double = 0, at point: [Double]? = nil,
        squares: @escaping @Sendable (Tensor) -> [Tensor]
    ) {
        (self.name, self.start, self.value, self.point, self.squares) = (name, start, value, point, squares)
        f = { x in squares(x).map { sum($0 * $0) }.reduce(0, +) }
    }

    static let all = sumsOfSquares + others

    static let sumsOfSquares = [
        // 1
        Problem("Rosenbrock", from: [-1.2, 1], at: [1, 1], squares: { x in [10 * (x[1] - x[0] * x[0]), 1 - x[0]] }),
        // 2
        Problem(
            "Freudenstein and Roth", from: [0.5, -2], 48.984253679240013, at: [11.412778986902, -0.896805253274],
            squares: { x in
                let (a, b) = (x[0], x[1])
                return [-13 + a + ((5 - b) * b - 2) * b, -29 + a + ((b + 1) * b - 14) * b]
            }),
        // 3
        Problem(
            "Powell badly scaled", from: [0, 1],
            squares: { x in [1e4 * x[0] * x[1] - 1, exp(-x[0]) + exp(-x[1]) - 1.0001] }),
        // 4
        Problem(
            "Brown badly scaled", from: [1, 1], at: [1e6, 2e-6],
            squares: { x in [x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2] }),
        // 5
        Problem(
            "Beale", from: [1, 1], at: [3, 0.5],
            squares: { x in
                [
                    1.5 - x[0] * (1 - x[1]), 2.25 - x[0] * (1 - pow(x[1], 2)), 2.625 - x[0] * (1 - pow(x[1], 3)),
                ]
            }),
        // 7
        Problem(
            "Helical valley", from: [-1, 0, 0], at: [1, 0, 0],
            squares: { x in
                let turn = atan(x[1] / x[0]) / (2 * Double.pi) + which(x[0] < 0, 0.5, 0)
                return [10 * (x[2] - 10 * turn), 10 * (sqrt(x[0] * x[0] + x[1] * x[1]) - 1), x[2]]
            }),
        // 8
        Problem(
            "Bard", from: [1, 1, 1], 8.21487730657899e-3,
            squares: { x in
                let y = numbers([
                    0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39,
                ])
                let u = numbers((1...15).map(Double.init))
                let v = 16 - u
                return [y - (x[0] + u / (v * x[1] + minimum(u, v) * x[2]))]
            }),
        // 9
        Problem(
            "Gauss", from: [0.4, 1, 0], 1.127932769618719e-8,
            squares: { x in
                let y = numbers([
                    0.0009, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521, 0.3989, 0.3521, 0.242, 0.1295, 0.054, 0.0175,
                    0.0044, 0.0009,
                ])
                let t = (8 - numbers((1...15).map(Double.init))) / 2
                return [x[0] * exp(-x[1] * pow(t - x[2], 2) / 2) - y]
            }),
        // 12
        Problem(
            "Box", from: [0, 10, 20],
            squares: { x in
                let t = numbers((1...10).map { 0.1 * Double($0) })
                return [exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (exp(-t) - exp(-10 * t))]
            }),
        // 13
        Problem(
            "Powell singular", from: [3, -1, 0, 1],
            squares: { x in
                [
                    x[0] + 10 * x[1], 5.0.squareRoot() * (x[2] - x[3]), pow(x[1] - 2 * x[2], 2),
                    10.0.squareRoot() * pow(x[0] - x[3], 2),
                ]
            }),
        // 14
        Problem(
            "Wood", from: [-3, -1, -3, -1], at: [1, 1, 1, 1],
            squares: { x in
                [
                    10 * (x[1] - x[0] * x[0]), 1 - x[0], 90.0.squareRoot() * (x[3] - x[2] * x[2]), 1 - x[2],
                    10.0.squareRoot() * (x[1] + x[3] - 2), (x[1] - x[3]) / 10.0.squareRoot(),
                ]
            }),
        // 15
        Problem(
            "Kowalik and Osborne", from: [0.25, 0.39, 0.415, 0.39], 3.07505603849238e-4,
            squares: { x in
                let y = numbers([
                    0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246,
                ])
                let u = numbers([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])
                return [y - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3])]
            }),
        // 21
        Problem(
            "Extended Rosenbrock, 10", from: Array(repeating: [-1.2, 1], count: 5).flatMap { $0 },
            at: Array(repeating: 1, count: 10),
            squares: { x in
                let pairs = x.reshaped(to: [5, 2]), a = pairs[..., 0], b = pairs[..., 1]
                return [10 * (b - a * a), 1 - a]
            }),
        // 25
        Problem(
            "Variably dimensioned, 10", from: (1...10).map { 1 - Double($0) / 10 }, at: Array(repeating: 1, count: 10),
            squares: { x in
                let s = sum((x - 1) * numbers((1...10).map(Double.init)))
                return [x - 1, s, s * s]
            }),
        // 30
        Problem(
            "Broyden tridiagonal, 10", from: Array(repeating: -1, count: 10),
            squares: { x in
                let before = x[0..<9].padded([(1, 0)]), after = x[1..<10].padded([(0, 1)])
                return [(3 - 2 * x) * x - before - 2 * after + 1]
            }),
    ]

    private static let others = [
        Problem("Chained Rosenbrock, 10", from: Array(repeating: 0, count: 10), at: Array(repeating: 1, count: 10)) {
            x in
            let (a, b) = (x[0..<9], x[1..<10])
            return sum(100 * pow(b - a * a, 2) + pow(1 - a, 2))
        },
        Problem("Booth", from: [0, 0], at: [1, 3]) { x in
            pow(x[0] + 2 * x[1] - 7, 2) + pow(2 * x[0] + x[1] - 5, 2)
        },
        Problem("Himmelblau", from: [0, 0], at: [3, 2]) { x in
            pow(x[0] * x[0] + x[1] - 11, 2) + pow(x[0] + x[1] * x[1] - 7, 2)
        },
        Problem("Matyas", from: [3, -5], at: [0, 0]) { x in 0.26 * sum(x * x) - 0.48 * x[0] * x[1] },
        Problem("McCormick", from: [-0.5, -1], -1.9132229549810367, at: [-0.5471975511966, -1.5471975511966]) { x in
            sin(x[0] + x[1]) + pow(x[0] - x[1], 2) - 1.5 * x[0] + 2.5 * x[1] + 1
        },
        Problem("Goldstein and Price", from: [-0.2, -0.8], 3, at: [0, -1]) { x in
            let (a, b) = (x[0], x[1])
            let first = 19 - 14 * a + 3 * a * a - 14 * b + 6 * a * b + 3 * b * b
            let second = 18 - 32 * a + 12 * a * a + 48 * b - 36 * a * b + 27 * b * b
            return (1 + pow(a + b + 1, 2) * first) * (30 + pow(2 * a - 3 * b, 2) * second)
        },
        Problem("Branin", from: [3, 3], 0.39788735772973816, at: [Double.pi, 2.275]) { x in
            let curve = x[1] - 5.1 / (4 * Double.pi * Double.pi) * x[0] * x[0] + 5 / Double.pi * x[0] - 6
            return curve * curve + 10 * (1 - 1 / (8 * Double.pi)) * cos(x[0]) + 10
        },
        Problem("Three-hump camel", from: [0.5, 0.5], at: [0, 0]) { x in
            2 * pow(x[0], 2) - 1.05 * pow(x[0], 4) + pow(x[0], 6) / 6 + x[0] * x[1] + x[1] * x[1]
        },
        Problem("Six-hump camel", from: [0.5, -0.5], -1.0316284534898774, at: [0.0898420131, -0.7126564033]) { x in
            let (a, b) = (x[0] * x[0], x[1] * x[1])
            return (4 - 2.1 * a + a * a / 3) * a + x[0] * x[1] + (4 * b - 4) * b
        },
        Problem("Styblinski and Tang, 5", from: Array(repeating: -1, count: 5), -195.83082851885) { x in
            0.5 * sum(pow(x, 4) - 16 * x * x + 5 * x)
        },
        Problem("Log-sum-exp, 6", from: [1, -2, 0.5, 3, -1, 0], 2.4849066497880004, at: Array(repeating: 0, count: 6)) {
            x in
            logSumExp(concatenate([x, -x]))
        },
    ]
}

/// A vector of float64.
func numbers(_ values: [Double]) -> Tensor { Tensor(values, .float64) }
