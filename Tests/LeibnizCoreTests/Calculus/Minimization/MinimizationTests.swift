import Foundation
import Testing

@testable import LeibnizCore

private let rosenbrock = { @Sendable (x: Tensor) in pow(1 - x[0], 2) + 100 * pow(x[1] - x[0] * x[0], 2) }

@Suite struct `Minimisation` {
    /// A method and the problems that are too much for it, or where it goes to another minimum.
    struct Trial: Sendable, CustomTestStringConvertible {
        let name: String
        let method: MinimizationMethod
        var without: Set<String> = []
        var testDescription: String { name }
    }

    static let trials = [
        // Two are so badly scaled that it crawls along the valley's floor; the third is flat to fourth order.
        Trial(
            name: "gradient descent", method: .gradientDescent(),
            without: ["Powell badly scaled", "Brown badly scaled", "Powell singular"]),
        Trial(
            name: "conjugate gradients", method: .conjugateGradient,
            without: ["Powell badly scaled", "Freudenstein and Roth"]),
        Trial(name: "BFGS", method: .bfgs),
        Trial(name: "L-BFGS", method: .lbfgs()),
        Trial(name: "Newton–CG", method: .newtonCG),
        Trial(name: "trust region", method: .trustRegion),
        Trial(name: "Nelder–Mead", method: .nelderMead, without: ["Box"]),
    ]

    @Test(arguments: trials)
    func `finds known minima`(trial: Trial) throws {
        for problem in Problem.all where !trial.without.contains(problem.name) {
            let found = try minimize(problem.f, from: numbers(problem.start), method: trial.method)
            #expect(found.converged, "\(problem.name): \(found.reason)")
            let excess = found.value - problem.value
            #expect(abs(excess) <= 1e-8 * max(1, abs(problem.value)), "\(problem.name): \(found.value)")
            let value = try problem.f(found.point).item()
            #expect(abs(found.value - value) <= 1e-13 * abs(value), "\(problem.name)")
            guard let point = problem.point else { continue }
            for (a, b) in zip(try found.point.doubles(), point) {
                #expect(abs(a - b) <= 1e-4 * max(1, abs(b)), "\(problem.name): \(found.point)")
            }
        }
    }

    @Test(arguments: [false, true])
    func `by momentum follows its recurrence to the minimum`(nesterov: Bool) throws {
        let bowl = { (x: Tensor) in 0.5 * (x[0] * x[0] + 10 * x[1] * x[1]) }
        let found = try minimize(
            bowl, from: numbers([1, -1]), method: .momentum(rate: 0.05, momentum: 0.8, nesterov: nesterov),
            stopping: StoppingRules(maximumIterations: 500), recordsPath: true)
        #expect(found.reason == .gradientSmall)
        var (x, v) = ([1.0, -1.0], [0.0, 0.0])
        for (step, iterate) in found.path.prefix(20).enumerated() {
            #expect(firstDifference(try iterate.point.doubles(), x, tolerance: 1e-12) == nil, "step \(step)")
            let ahead = nesterov && step > 0 ? zip(x, v).map { $0 + 0.8 * $1 } : x
            v = [0.8 * v[0] - 0.05 * ahead[0], 0.8 * v[1] - 0.05 * 10 * ahead[1]]
            x = zip(x, v).map { $0 + $1 }
        }
    }

    @Test func `by a fixed rate is x ← x − rate·∇f`() throws {
        let found = try minimize(
            { (x: Tensor) in x * x }, from: Tensor(1, .float64), method: .gradientDescent(.fixed(0.1)),
            stopping: StoppingRules(maximumIterations: 10), recordsPath: true)
        #expect(found.reason == .iterationLimit && !found.converged && found.iterations == 10)
        for (step, iterate) in found.path.enumerated() {
            let x = try iterate.point.item()
            #expect(abs(x - pow(0.8, Double(step))) < 1e-14 && iterate.iteration == step)
        }
    }

    @Test func `takes groups of tensors, and gives their structure back`() throws {
        let target = Tensor.normal([2, 3], seed: 1, .float64)
        let pair = try minimize(
            { (w: Tensor, b: [String: Tensor]) in
                sum(pow(w - target, 2)) + pow((b["b"] ?? 0) - 5, 2)
            }, from: (Tensor.zeros([2, 3]), ["b": Tensor(0.0)]))
        #expect(pair.point.0.shape == [2, 3] && pair.point.0.elementType == .float64)
        #expect(firstDifference(try pair.point.0.doubles(), try target.doubles(), tolerance: 1e-8) == nil)
        #expect(abs(try #require(pair.point.1["b"]).item() - 5) < 1e-8)

        struct Line: TensorGroup, Codable { var slope, intercept: Tensor }
        let x = numbers([0, 1, 2, 3]), y = 2 * x + 1
        let line = try minimize(
            { (line: Line) in sum(pow(line.slope * x + line.intercept - y, 2)) },
            from: Line(slope: Tensor(0.0), intercept: Tensor(0.0)), method: .trustRegion)
        let (slope, intercept) = (try line.point.slope.item(), try line.point.intercept.item())
        #expect(abs(slope - 2) < 1e-8 && abs(intercept - 1) < 1e-8)
    }

    @Test func `tells the callback of each point, which may end it`() throws {
        var seen: [Int] = []
        let found = try minimize(rosenbrock, from: numbers([-1.2, 1]), recordsPath: true) { iterate in
            seen.append(iterate.iteration)
            return iterate.iteration < 4
        }
        #expect(seen == [0, 1, 2, 3, 4] && found.reason == .stoppedByCallback && !found.converged)
        #expect(found.path.map(\.iteration) == seen)
        #expect(zip(found.path, found.path.dropFirst()).allSatisfy { $0.value > $1.value })
        struct Fault: Error {}
        #expect(throws: Fault.self) { try minimize(rosenbrock, from: numbers([0, 0])) { _ in throw Fault() } }
    }

    @Test func `makes its plans once`() throws {
        var calls = 0
        let f = { (x: Tensor) in
            calls += 1
            return rosenbrock(x)
        }
        for (method, count) in [(MinimizationMethod.bfgs, 1), (.newtonCG, 2), (.nelderMead, 2)] {
            calls = 0
            let found = try minimize(f, from: numbers([-1.2, 1]), method: method)
            #expect(found.evaluations > 10 && calls == count, "\(method)")
        }
    }
}

@Suite struct `A minimisation ends` {
    static let methods: [MinimizationMethod] = [
        .gradientDescent(), .conjugateGradient, .bfgs, .lbfgs(), .newtonCG, .trustRegion, .nelderMead,
        .momentum(rate: 0.1), .gradientDescent(.fixed(0.1)),
    ]

    @Test(arguments: methods)
    func `where there is no lower bound`(method: MinimizationMethod) throws {
        for f in [{ -sum(pow($0, 4)) }, { -exp(sum($0)) }] as [(Tensor) -> Tensor] {
            let found = try minimize(f, from: numbers([1, 2]), method: method)
            // A value that jumps to NaN, as of ∞ − ∞, is told as such.
            #expect(found.reason == .unboundedBelow, "\(found.reason)")
            #expect(!found.converged && found.evaluations < 20_000)
        }
    }

    @Test(arguments: methods)
    func `at once where it begins at no number, or at a minimum`(method: MinimizationMethod) throws {
        for start in [[Double.nan, 1], [.infinity, 0], [-1, 1]] {
            let found = try minimize({ (x: Tensor) in sum(log(x)) }, from: numbers(start), method: method)
            #expect(found.reason == .notFinite && !found.converged && found.evaluations <= 40, "\(found.reason)")
        }
        if method != .nelderMead {
            let found = try minimize({ (x: Tensor) in sum(x * x) }, from: numbers([0, 0]), method: method)
            #expect(found.reason == .gradientSmall && found.iterations == 0 && found.value == 0)
        }
    }

    @Test(arguments: methods)
    func `when the work that is allowed is done`(method: MinimizationMethod) throws {
        let start = numbers([-1.2, 1])
        let short = try minimize(rosenbrock, from: start, method: method, stopping: StoppingRules(maximumIterations: 3))
        #expect([.iterationLimit, .notFinite].contains(short.reason) && short.iterations <= 3)
        let cheap = try minimize(
            rosenbrock, from: start, method: method, stopping: StoppingRules(maximumEvaluations: 5))
        #expect([.evaluationLimit, .notFinite].contains(cheap.reason) && cheap.evaluations <= 5, "\(cheap.reason)")
        #expect(cheap.value <= 24.2000001)
    }

    @Test func `where steps or values no longer change, if the gradient is not asked`() throws {
        let f = { (x: Tensor) in 1 + sum(pow(x - 1, 2)) }
        let value = try minimize(
            f, from: numbers([3, 4]), method: .gradientDescent(.fixed(0.1)),
            stopping: StoppingRules(gradientTolerance: 0, stepTolerance: 0))
        #expect(value.reason == .valueChangeSmall)
        let step = try minimize(
            f, from: numbers([3, 4]), method: .gradientDescent(.fixed(0.1)),
            stopping: StoppingRules(gradientTolerance: 0, valueTolerance: 0))
        #expect(step.reason == .stepSmall && step.converged)
    }

    @Test func `where the function cannot be computed further on`() throws {
        // A descent that steps beyond the domain goes back; one with a fixed rate cannot.
        let f = { (x: Tensor) in x - log(x) }
        for method in [MinimizationMethod.bfgs, .conjugateGradient, .newtonCG, .trustRegion, .nelderMead] {
            let found = try minimize(f, from: Tensor(0.001, .float64), method: method)
            let x = try found.point.item()
            #expect(found.converged && abs(x - 1) < 1e-6, "\(method): \(found.reason)")
        }
        let found = try minimize(f, from: Tensor(3, .float64), method: .gradientDescent(.fixed(10)))
        #expect(found.reason == .notFinite && found.value.isFinite)
    }

    @Test func `with an error where something makes no sense`() {
        func error<Result>(_ body: () throws -> Result) -> TensorError? {
            do { _ = try body() } catch { return error as? TensorError }
            return nil
        }
        let x = numbers([1, 2])
        #expect(error { try minimize({ (x: Tensor) in x }, from: x) }?.kind == .shape)
        #expect(error { try minimize({ (x: Tensor) in sum(x) }, from: Tensor([1, 2])) }?.kind == .elementType)
        #expect(
            error { try minimize({ (x: Tensor) in sum(matmul(x, x.reshaped(to: [7]))) }, from: x) }?.operation
                == "reshape")
        #expect(
            error { try minimize({ (x: Tensor) in sum(x) }, from: numbers([])) }?.reason.contains("no number") == true)
        #expect(error { try minimize(rosenbrock, from: x, lower: x, upper: x - 1) }?.kind == .value)
        for method in [
            MinimizationMethod.gradientDescent(.fixed(-1)), .momentum(rate: 1, momentum: 1), .lbfgs(memory: 0),
        ] {
            #expect(error { try minimize(rosenbrock, from: x, method: method) }?.kind == .value)
        }
        // Neither the start nor the function may hide a derivative that somebody asked for.
        var inner: TensorError?
        _ = gradient { (y: Tensor) in
            inner = error { try minimize({ (x: Tensor) in sum(pow(x - y, 2)) }, from: x) }
            return sum(y)
        }(x)
        #expect(inner?.kind == .trace)
    }
}

@Suite struct `Bounds of a minimisation` {
    static let methods: [MinimizationMethod] = [
        .gradientDescent(), .gradientDescent(.fixed(0.01)), .conjugateGradient, .bfgs, .lbfgs(), .newtonCG,
        .trustRegion,
    ]

    /// A convex quadratic whose minimum within the box is known by its conditions: the gradient is zero for free elements, and
    /// points out of the box at bounds.
    @Test(arguments: methods)
    func `hold, and the gradient there points outwards`(method: MinimizationMethod) throws {
        let n = 6
        let root = Tensor.normal([n, n], seed: 5, .float64)
        let matrix = matmul(root.transposed(), root) + Tensor.eye(n, nil, .float64)
        let centre = Tensor.normal([n], seed: 6, .float64) * 2
        let f = { (x: Tensor) in 0.5 * sum((x - centre) * matmul(matrix, x - centre)) }
        let found = try minimize(
            f, from: Tensor.zeros([n]), method: method, lower: Tensor.full([n], -0.5, .float64),
            upper: Tensor(1, .float64),
            stopping: StoppingRules(valueTolerance: 0))
        #expect(found.converged, "\(found.reason)")
        let x = try found.point.doubles(), g = try gradient(of: f)(found.point).doubles()
        var atBounds = 0
        for place in 0..<n {
            #expect(x[place] >= -0.5 && x[place] <= 1)
            let isLow = x[place] == -0.5, isHigh = x[place] == 1
            if isLow || isHigh { atBounds += 1 }
            let slope = isLow ? min(0, g[place]) : isHigh ? max(0, g[place]) : g[place]
            #expect(abs(slope) < 1e-5, "element \(place): \(x[place]), \(g[place])")
        }
        #expect(atBounds > 0)
    }

    // The fixed rate is too long for the valley; the simplex, which many bounds would flatten, copes with one.
    @Test(arguments: methods.filter { $0 != .gradientDescent(.fixed(0.01)) } + [.nelderMead])
    func `of Rosenbrock's valley lead to its lowest point within`(method: MinimizationMethod) throws {
        // With x ≤ ½ the minimum is at (½, ¼), where f = ¼.
        let found = try minimize(
            rosenbrock, from: numbers([-1.2, 1]), method: method, upper: numbers([0.5, .infinity]))
        #expect(found.converged && abs(found.value - 0.25) < 1e-8, "\(found.reason) \(found.value)")
        #expect(firstDifference(try found.point.doubles(), [0.5, 0.25], tolerance: 1e-5) == nil)
    }

    @Test func `move a start that lies without, and may leave nothing to move`() throws {
        let found = try minimize(rosenbrock, from: numbers([9, 9]), lower: numbers([2, 3]), upper: numbers([2, 3]))
        #expect(try found.point.doubles() == [2, 3])
        #expect(found.converged && found.gradientNorm == 0)
    }
}
