import Foundation
import Leibniz
import Testing

@Suite struct LBFGSTests {
    /// Rosenbrock's valley, Σ 100·(x₂ − x₁²)² + (1 − x₁)², whose minimum is at 1.
    private struct Valley: Module {
        let theta: Parameter
        init(_ type: ElementType = .float64) { theta = Parameter(Tensor([-1.2, 1], type)) }
        var loss: Tensor {
            let (x, y) = (theta.value[0], theta.value[1])
            return 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x)
        }
    }

    @Test func `a search comes down the valley`() throws {
        let model = Valley()
        let optimizer = LBFGS(model, lineSearch: .strongWolfe)
        #expect(abs(try optimizer.step { model.loss } - 24.2) < 1e-12, "the loss before the step")
        for _ in 1...4 { try optimizer.step { model.loss } }
        try expectClose(model.theta.value, [1, 1], within: 1e-7, "minimum")
    }

    @Test func `steps of a fixed length are those of the formula`() throws {
        // ½ Σ aᵢ·θᵢ²; d = −H·g with H by its definition, as a matrix.
        let a = [1.0, 4, 0.5], rate = 0.3
        struct Bowl: Module { let theta = Parameter(Tensor([1.0, -2, 3], .float64)) }
        let model = Bowl()
        let optimizer = LBFGS(
            model, learningRate: rate, maximumIterations: 1, changeTolerance: 0, historySize: 2)
        var theta = [1.0, -2, 3]
        var pairs: [(s: [Double], y: [Double])] = []
        for step in 1...6 {
            let g = zip(a, theta).map { $0 * $1 }
            var h = (0..<3).map { i in (0..<3).map { i == $0 ? 1.0 : 0 } }
            if let (s, y) = pairs.last {
                let scale = dot(s, y) / dot(y, y)
                h = h.map { $0.map { $0 * scale } }
            }
            for (s, y) in pairs {
                let rho = 1 / dot(s, y)
                let v = (0..<3).map { i in (0..<3).map { (i == $0 ? 1.0 : 0) - rho * y[i] * s[$0] } }
                h = (0..<3).map { i in
                    (0..<3).map { j in
                        var sum = rho * s[i] * s[j]
                        for k in 0..<3 { for l in 0..<3 { sum += v[k][i] * h[k][l] * v[l][j] } }
                        return sum
                    }
                }
            }
            let t = step == 1 ? min(1, 1 / g.reduce(0) { $0 + abs($1) }) * rate : rate
            let s = (0..<3).map { i in -t * dot(h[i], g) }
            theta = zip(theta, s).map { $0 + $1 }
            pairs = (pairs + [(s, zip(a, s).map { $0 * $1 })]).suffix(2)
            try optimizer.step { 0.5 * sum(Tensor(a, .float64) * model.theta.value * model.theta.value) }
            try expectClose(model.theta.value, theta, within: 1e-12, "step \(step)")
        }
    }

    @Test func `a model of float32 is trained, and takes the digits that it has`() throws {
        let model = Valley(.float32)
        let optimizer = LBFGS(model, lineSearch: .strongWolfe)
        for _ in 1...6 { try optimizer.step { model.loss } }
        #expect(model.theta.value.elementType == .float32)
        try expectClose(model.theta.value.cast(to: .float64), [1, 1], within: 1e-4, "minimum")
    }

    @Test func `memory travels in cells`() throws {
        let (first, second) = (Valley(), Valley())
        func make(_ model: Valley) -> LBFGS {
            LBFGS(model, maximumIterations: 3, historySize: 4, lineSearch: .strongWolfe)
        }
        let (one, two) = (make(first), make(second))
        for _ in 1...2 { try one.step { first.loss } }
        try second.copyParameters(from: first)
        try two.restore(one.cells())
        for _ in 1...3 {
            try one.step { first.loss }
            try two.step { second.loss }
        }
        #expect(try first.theta.value.doubles() == second.theta.value.doubles())
        #expect(throws: DataError.self) { try LBFGS(first, historySize: 9).restore(one.cells()) }
    }

    @Test func `what goes wrong changes nothing`() throws {
        let model = Valley()
        #expect(throws: TensorError.self) { try LBFGS(model, learningRate: 0).step { model.loss } }
        #expect(throws: TensorError.self) { try LBFGS(model, historySize: 0).step { model.loss } }
        #expect(throws: TensorError.self) { try LBFGS(model).step { model.theta.value } }
        #expect(try model.theta.value.doubles() == [-1.2, 1])
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
