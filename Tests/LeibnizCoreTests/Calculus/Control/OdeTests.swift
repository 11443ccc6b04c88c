import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `Differential equations` {
    private static let times = Tensor([0.0, 0.3, 1.0, 2.0], .float64)

    private static func decay(_ y0: Tensor, _ rate: Tensor, _ times: Tensor, _ gradient: ODEGradient = .checkpointed)
        -> Tensor
    {
        odeSolve({ _, y in -rate * y }, from: y0, at: times, tolerance: 1e-10, stepLimit: 200, gradient: gradient)
    }

    @Test func `have the solutions of closed forms, forwards and backwards`() throws {
        let t = try Self.times.doubles()
        let y = try Self.decay(Tensor([2.0], .float64), Tensor(1.5, .float64), Self.times).doubles()
        #expect(firstDifference(y, t.map { 2 * Foundation.exp(-1.5 * $0) }, tolerance: 1e-9) == nil)
        let back = try Self.decay(Tensor([2.0], .float64), Tensor(1.5, .float64), -Self.times).doubles()
        #expect(firstDifference(back, t.map { 2 * Foundation.exp(1.5 * $0) }, tolerance: 1e-8) == nil)
        // A group: position and speed of an oscillator, and a slope that knows the time.
        let start: [String: Tensor] = [
            "x": Tensor(1.0, .float64), "v": Tensor(0.0, .float64), "t2": Tensor(0.0, .float64),
        ]
        let path = odeSolve(
            { t, y in ["x": y["v"]!, "v": -y["x"]!, "t2": 2 * t] }, from: start, at: Self.times, tolerance: 1e-10)
        #expect(firstDifference(try path["x"]!.doubles(), t.map { Foundation.cos($0) }, tolerance: 1e-9) == nil)
        #expect(firstDifference(try path["v"]!.doubles(), t.map { -Foundation.sin($0) }, tolerance: 1e-9) == nil)
        #expect(firstDifference(try path["t2"]!.doubles(), t.map { $0 * $0 }, tolerance: 1e-9) == nil)
    }

    @Test func `keep what they conserve, and converge with the tolerance`() throws {
        // Lotka and Volterra's x − log x + y − log y.
        let times = Tensor.linspace(0, 10, count: 21, .float64)
        let path = odeSolve(
            { _, y in stack([y[0] * (1 - y[1]), y[1] * (y[0] - 1)]) }, from: Tensor([1.5, 0.7], .float64), at: times,
            tolerance: 1e-9)
        let kept = try sum(path - log(path), axes: [1]).doubles()
        #expect(firstDifference(kept, kept.map { _ in kept[0] }, tolerance: 1e-7) == nil)
        func vanDerPol(_ tolerance: Double) throws -> [Double] {
            try odeSolve(
                { _, y in stack([y[1], 2.0 * (1 - y[0] * y[0]) * y[1] - y[0]]) }, from: Tensor([2.0, 0], .float64),
                at: Tensor([0.0, 5], .float64), tolerance: tolerance
            ).doubles()
        }
        let exact = try vanDerPol(1e-12)
        var errors: [Double] = []
        for tolerance in [1e-4, 1e-6, 1e-8] {
            errors.append(zip(try vanDerPol(tolerance), exact).map { abs($0 - $1) }.max()!)
        }
        #expect(errors[0] < 1e-2 && errors[1] < errors[0] / 10 && errors[2] < errors[1] / 10, "\(errors)")
    }

    @Test(arguments: [ODEGradient.checkpointed, .adjoint])
    func `have derivatives in state, parameters and times`(gradient: ODEGradient) throws {
        let (y0, rate) = (Tensor([2.0, -1], .float64), Tensor(1.5, .float64))
        let w = Tensor([[0.0, 0], [1, -0.5], [2, 1], [0.5, -1]], .float64)
        let gradients = valueWithGradients(at: [y0, rate, Self.times]) {
            sum(w * Self.decay($0[0], $0[1], $0[2], gradient))
        }.gradients
        let t = [0.0, 0.3, 1, 2], e = t.map { Foundation.exp(-1.5 * $0) }
        let rows: [[Double]] = [[0, 0], [1, -0.5], [2, 1], [0.5, -1]]
        let toState = (0..<2).map { i in (0..<4).reduce(0.0) { $0 + rows[$1][i] * e[$1] } }
        let weighted = rows.map { 2 * $0[0] - $0[1] }
        let toRate = (0..<4).reduce(0.0) { $0 - weighted[$1] * t[$1] * e[$1] }
        let own = (0..<4).map { -1.5 * weighted[$0] * e[$0] }
        #expect(firstDifference(try gradients[0].doubles(), toState, tolerance: 1e-7) == nil)
        #expect(firstDifference(try gradients[1].doubles(), [toRate], tolerance: 1e-7) == nil)
        #expect(
            firstDifference(
                try gradients[2].doubles(), [-own[1] - own[2] - own[3], own[1], own[2], own[3]], tolerance: 1e-6) == nil
        )
        // Forward mode and second order: d²/dr² e^{−rt} = t²·e^{−rt}.
        let last = { (r: Tensor) in
            sum(Self.decay(Tensor([1.0], .float64), r, Tensor([0.0, 2], .float64), gradient)[1])
        }
        let second = pushforward(LeibnizCore.gradient(of: last), at: rate, along: Tensor(1.0, .float64)).tangent
        #expect(firstDifference(try second.doubles(), [4 * Foundation.exp(-3)], tolerance: 1e-6) == nil)
    }

    @Test func `are solved inside compiled functions and batches`() throws {
        let y0 = Tensor([[2.0], [1], [-1]], .float64), rates = Tensor([0.5, 1.5, 3], .float64)
        let batch = vmap { (y: Tensor, r: Tensor) in Self.decay(y, r, Self.times) }(y0, rates)
        let t = [0.0, 0.3, 1, 2]
        let expected = zip([2.0, 1, -1], [0.5, 1.5, 3]).flatMap { y, r in t.map { y * Foundation.exp(-r * $0) } }
        #expect(firstDifference(try batch.doubles(), expected, tolerance: 1e-8) == nil)
        let step = compiled { (y: Tensor, r: Tensor) in gradient(of: { sum(Self.decay(y, $0, Self.times)) })(r) }
        let slope = -t.reduce(0.0) { $0 + 2 * $1 * Foundation.exp(-1.5 * $1) }
        #expect(firstDifference(try step(y0[0], rates[1]).doubles(), [slope], tolerance: 1e-7) == nil)
    }

    @Test func `say why there is no solution`() throws {
        func message(_ stepLimit: Int, _ f: (Tensor, Tensor) -> Tensor) -> String {
            do {
                _ = try odeSolve(
                    f, from: Tensor([1.0], .float64), at: Tensor([0.0, 2], .float64), stepLimit: stepLimit
                ).doubles()
                return ""
            } catch { return "\(error)" }
        }
        // y = 1/(1 − t).
        #expect(message(1000) { _, y in y * y }.contains("step became too small"))
        #expect(message(5) { _, y in sin(50 * y) + cos(30 * y) }.contains("after 5 steps"))
        #expect(message(5) { _, y in sum(y) }.contains("state's shapes"))
    }
}
