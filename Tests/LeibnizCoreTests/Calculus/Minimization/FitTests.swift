import Foundation
import TestFiles
import Testing

@testable import LeibnizCore

/// The models of the certified problems as functions of tensors.
private let models: [String: @Sendable (Tensor, Tensor) -> Tensor] = [
    "Misra1a": { b, x in b[0] * (1 - exp(-b[1] * x)) },
    "Chwirut2": { b, x in exp(-b[0] * x) / (b[1] + b[2] * x) },
    "Lanczos3": { b, x in b[0] * exp(-b[1] * x) + b[2] * exp(-b[3] * x) + b[4] * exp(-b[5] * x) },
    "Gauss1": { b, x in
        let first = b[2] * exp(-pow((x - b[3]) / b[4], 2))
        return b[0] * exp(-b[1] * x) + first + b[5] * exp(-pow((x - b[6]) / b[7], 2))
    },
    "DanWood": { b, x in b[0] * pow(x, b[1]) },
    "Misra1b": { b, x in b[0] * (1 - pow(1 + b[1] * x / 2, -2)) },
    "Kirby2": { b, x in (b[0] + b[1] * x + b[2] * x * x) / (1 + b[3] * x + b[4] * x * x) },
    "Hahn1": cubics, "Thurber": cubics,
    "MGH17": { b, x in b[0] + b[1] * exp(-x * b[3]) + b[2] * exp(-x * b[4]) },
    "Misra1c": { b, x in b[0] * (1 - pow(1 + 2 * b[1] * x, -0.5)) },
    "Misra1d": { b, x in b[0] * b[1] * x / (1 + b[1] * x) },
    "Roszman1": { b, x in b[0] - b[1] * x - atan(b[2] / (x - b[3])) / Double.pi },
    "ENSO": { b, x in
        func wave(_ period: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
            let angle = 2 * Double.pi * x / period
            return a * cos(angle) + b * sin(angle)
        }
        return b[0] + wave(12, b[1], b[2]) + wave(b[3], b[4], b[5]) + wave(b[6], b[7], b[8])
    },
    "MGH09": { b, x in b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]) },
    "BoxBOD": { b, x in b[0] * (1 - exp(-b[1] * x)) },
    "Rat42": { b, x in b[0] / (1 + exp(b[1] - b[2] * x)) },
    "MGH10": { b, x in b[0] * exp(b[1] / (x + b[2])) },
    "Eckerle4": { b, x in b[0] / b[1] * exp(-0.5 * pow((x - b[2]) / b[1], 2)) },
    "Rat43": { b, x in b[0] / pow(1 + exp(b[1] - b[2] * x), 1 / b[3]) },
    "Bennett5": { b, x in b[0] * pow(b[1] + x, -1 / b[2]) },
]

private let cubics: @Sendable (Tensor, Tensor) -> Tensor = { b, x in
    let above = b[0] + x * (b[1] + x * (b[2] + x * b[3]))
    return above / (1 + x * (b[4] + x * (b[5] + x * b[6])))
}

@Suite struct `Fits` {
    @Test(arguments: RegressionProblem.all.map(\.name), [0, 1])
    func `agree with certified values`(name: String, start: Int) throws {
        let problem = try #require(RegressionProblem.named(name)), model = try #require(models[name])
        let x = numbers(problem.x), y = numbers(problem.y)
        let found = try fit({ (b: Tensor) in model(b, x) }, to: y, from: numbers(problem.starts[start]))
        let parameters = try found.parameters.doubles(), errors = try found.standardErrors.doubles()
        #expect(found.minimum.converged, "\(found.minimum.reason)")
        for (value, certified) in zip(parameters + errors, problem.parameters + problem.standardErrors) {
            #expect(abs(value / certified - 1) < 1e-6, "\(value) is not \(certified)")
        }
        #expect(abs(found.residualStandardDeviation / problem.residualStandardDeviation - 1) < 1e-9)
    }

    /// The line of least squares and its errors have closed forms.
    @Test(arguments: LeastSquaresMethod.allCases)
    func `of a line are those of the textbook`(method: LeastSquaresMethod) throws {
        let xs = (0..<20).map { Double($0) / 4 }, n = Double(xs.count)
        let ys = xs.enumerated().map { 3 - 2 * $1 + sin(7 * Double($0)) }
        let (x, y) = (numbers(xs), numbers(ys))
        let found = try fit(
            { (a: Tensor, b: Tensor) in a + b * x }, to: y, from: (numbers([1]), numbers([1])), method: method)
        let (meanX, meanY) = (xs.reduce(0, +) / n, ys.reduce(0, +) / n)
        let sxx = xs.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        let slope = zip(xs, ys).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / sxx
        let intercept = meanY - slope * meanX
        let rss = zip(xs, ys).reduce(0) { $0 + pow($1.1 - intercept - slope * $1.0, 2) }
        let tss = ys.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
        let variance = rss / (n - 2)
        func close(_ tensor: Tensor, _ expected: Double) throws {
            #expect(abs(try tensor.doubles()[0] / expected - 1) < 1e-11)
        }
        try close(found.parameters.0, intercept)
        try close(found.parameters.1, slope)
        try close(found.standardErrors.0, (variance * (1 / n + meanX * meanX / sxx)).squareRoot())
        try close(found.standardErrors.1, (variance / sxx).squareRoot())
        #expect(abs(try found.covariance.doubles()[1] / (-meanX * variance / sxx) - 1) < 1e-11)
        #expect(abs(found.residualNorm / rss.squareRoot() - 1) < 1e-12 && abs(found.rSquared - (1 - rss / tss)) < 1e-12)
        #expect(found.degreesOfFreedom == 18 && found.minimum.converged)
    }

    @Test func `weigh data by their deviations, known or not`() throws {
        let x = numbers([1, 2, 3, 4]), y = numbers([1, 3, 2, 5]), sigma = numbers([1, 2, 1, 0.5])
        let mean = { (a: Tensor) in a + 0 * x }
        // Of a constant: the mean weighted by 1/σ², whose error is 1/√Σ σ⁻² if σ is known.
        let weights = [1, 0.25, 1, 4.0]
        let expected = (1 + 0.75 + 2 + 20) / 6.25
        let known = try fit(mean, to: y, from: numbers([0]), standardDeviations: sigma, deviationsAreKnown: true)
        #expect(abs(try known.parameters.item() - expected) < 1e-12)
        #expect(abs(try known.standardErrors.item() - 1 / 6.25.squareRoot()) < 1e-12)
        let unknown = try fit(mean, to: y, from: numbers([0]), standardDeviations: 10 * sigma)
        let rss = zip([1, 3, 2, 5.0], weights).reduce(0) { $0 + $1.1 * pow($1.0 - expected, 2) }
        #expect(abs(try unknown.standardErrors.item() - (rss / 3 / 6.25).squareRoot()) < 1e-12)
    }

    @Test func `tell parameters that data do not tell apart`() throws {
        let x = numbers([1, 2, 3, 4])
        let found = try fit({ (b: Tensor) in (b[0] + b[1]) * x }, to: 2 * x, from: numbers([3, 0]))
        #expect(try found.standardErrors.doubles() == [.infinity, .infinity])
        #expect(abs(try sum(found.parameters).item() - 2) < 1e-9)
    }

    @Test func `stay within bounds`() throws {
        let x = numbers([0, 1, 2, 3, 4]), y = exp(-0.5 * x) * 3
        let model = { (b: Tensor) in b[0] * exp(-b[1] * x) }
        for method in LeastSquaresMethod.allCases {
            let free = try fit(model, to: y, from: numbers([1, 1]), method: method)
            #expect(abs(try free.parameters.doubles()[1] - 0.5) < 1e-8, "\(method)")
            let bound = try fit(
                model, to: y, from: numbers([1, 1]), method: method, lower: numbers([0, 0.7]), upper: numbers([9, 2]))
            let b = try bound.parameters.doubles()
            // At the bound b₁ = 0.7 the other is linear: b₀ = Σ y·e/Σ e².
            let e = (0..<5).map { exp(-0.7 * Double($0)) }, ys = try y.doubles()
            #expect(b[1] == 0.7 && abs(b[0] - ys.dot(e) / e.dot(e)) < 1e-8, "\(method) \(b)")
            #expect(bound.minimum.converged)
        }
    }

    @Test func `refuse what cannot be`() {
        let x = numbers([1, 2, 3])
        func error(_ body: () throws -> Void) -> TensorError? {
            do { try body() } catch { return error as? TensorError }
            return nil
        }
        #expect(
            error {
                _ = try fit({ (b: Tensor) in b[0] + b[1] * b[2] * b[3] + 0 * x }, to: x, from: numbers([1, 1, 1, 1]))
            }?.reason == "3 data do not tell 4 parameters")
        #expect(
            error { _ = try fit({ (b: Tensor) in b * numbers([1, 2]) }, to: x, from: numbers([1])) }?.kind == .shape)
        #expect(error { _ = try leastSquares({ (b: Tensor) in b > 0 }, from: x) }?.kind == .elementType)
    }
}

@Suite struct `Least squares` {
    static let problems = Problem.sumsOfSquares.filter { $0.squares != nil }

    @Test(arguments: problems)
    func `find the minima that descents find`(problem: Problem) throws {
        let squares = try #require(problem.squares)
        let found = try leastSquares(
            { (x: Tensor) in concatenate(squares(x).map { $0.reshaped(to: [$0.count]) }) }, from: numbers(problem.start)
        )
        #expect(found.converged && abs(2 * found.value - problem.value) < 1e-9 * max(1, problem.value))
    }
}
