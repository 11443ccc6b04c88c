import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `While loops` {
    private static func data(_ shape: Shape, seed: Int) throws -> Tensor {
        try Tensor.normal(shape, deviation: 0.5, seed: seed, .float64).evaluated()
    }

    /// Doubles and turns a state until it is long enough.
    private static func grown(_ x: [Tensor], limit: Int?) -> Tensor {
        whileLoop(x[0], while: { sum($0 * $0) < 20.0 }, limit: limit) { (c: Tensor) -> Tensor in
            1.5 * c + 0.25 * sin(x[1] * c)
        }
    }

    /// The same with a fixed number of steps, of which the late ones do nothing.
    private static func unrolled(_ x: [Tensor]) -> Tensor {
        var c = x[0]
        for _ in 0..<12 {
            let next: Tensor = 1.5 * c + 0.25 * sin(x[1] * c)
            c = which(sum(c * c) < 20.0, next, c)
        }
        return c
    }

    @Test(arguments: [1, 2])
    func `with a limit are their steps, in every transformation`(seed: Int) throws {
        let x = [try Self.data([3], seed: seed) + 1.0, try Self.data([3], seed: seed + 30)]
        try ControlLaw(
            "while", at: x, order: 3, loop: { Self.grown($0, limit: 14) }, plain: { Self.unrolled($0) }
        ).check()
    }

    @Test func `without a limit have forward derivatives and say why there is no reverse one`() throws {
        let x = [try Self.data([3], seed: 1) + 1.0, try Self.data([3], seed: 31)]
        let (free, held) = ({ (x: [Tensor]) in Self.grown(x, limit: nil) }, { (x: [Tensor]) in Self.unrolled(x) })
        let found = pushforward(free, at: x, along: x).tangent, expected = pushforward(held, at: x, along: x).tangent
        #expect(firstDifference(try found.doubles(), try expected.doubles(), tolerance: 1e-12) == nil)
        let reverse = valueWithGradients(at: x) { sum(free($0)) }.gradients[0]
        #expect(reverse.error?.description.contains("no reverse derivative") == true)
    }

    @Test func `beyond their limit are an error of the run`() throws {
        let endless: Tensor = whileLoop(Tensor(1.0), while: { $0 > 0.0 }, limit: 7) { (c: Tensor) -> Tensor in c + 1.0 }
        do {
            _ = try endless.item()
            Issue.record("nothing was thrown")
        } catch let error as TensorError {
            #expect(error.kind == .runtime && error.description.contains("after 7 steps"))
        }
        // A compiled step that meets it changes nothing.
        let cell = Variable(Tensor(1.0))
        let step = compiled { (x: Tensor) -> Tensor in
            let y: Tensor = whileLoop(x, while: { $0 < 100.0 }, limit: 5) { (c: Tensor) -> Tensor in 2.0 * c }
            cell.value = cell.value + y
            return y
        }
        #expect(try step(Tensor(50.0)).item() == 100)
        #expect(throws: TensorError.self) { try step(Tensor(1.0)) }
        #expect(try cell.value.item() == 101)
    }

    @Test func `count steps, and take none`() throws {
        let steps: [Tensor] = whileLoop(
            [Tensor(copying: [Int64(27)], []), Tensor(copying: [Int64(0)], [])], while: { $0[0] > 1 }
        ) {
            (state: [Tensor]) -> [Tensor] in
            let n = state[0]
            let isEven: Tensor = n & Tensor(copying: [Int64(1)], [])
            return [which(isEven == 0, n >> Tensor(copying: [Int64(1)], []), 3 * n + 1), state[1] + 1]
        }
        #expect(try steps[1].item() == 111)
        let none: Tensor = whileLoop(Tensor(5.0), while: { $0 < 1.0 }) { (c: Tensor) -> Tensor in c + 1.0 }
        #expect(try none.item() == 5)
    }

    // MARK: Equations

    @Test func `fixed points and roots have the derivatives of the equation they solve`() throws {
        let a = Tensor([0.5, 0.8], .float64)
        // x = cos(a·x); dx/da = −x·s/(1 + a·s), s = sin(a·x).
        let point = { (a: Tensor) in fixedPoint(of: { cos(a * $0) }, from: Tensor([1.0, 1], .float64)) }
        let closed = { (a: Tensor) -> Tensor in
            let x = point(a).stopGradient()
            let s = sin(a * x)
            return -(x * s) / (1 + a * s)
        }
        let slope = gradient(of: { sum(point($0)) })(a)
        #expect(firstDifference(try slope.doubles(), try closed(a).doubles(), tolerance: 1e-9) == nil)
        let forward = pushforward(point, at: a, along: a.filled(1)).tangent
        #expect(firstDifference(try forward.doubles(), try closed(a).doubles(), tolerance: 1e-9) == nil)

        // x² = a, and a pair of equations: x·y = a, x − y = b.
        let square = { (a: Tensor) in root(of: { $0 * $0 - a }, from: Tensor([1.0, 1], .float64)) }
        let bracketed = { (a: Tensor) in root(of: { $0 * $0 - a }, between: 0.0, and: Tensor([3.0, 3], .float64)) }
        for (name, f) in [("Newton", square), ("bracket", bracketed)] {
            let v = Tensor([1.0, -2], .float64)
            let scalar = { (a: Tensor) in sum(f(a) * v) }
            func expect(_ what: String, _ found: Tensor, _ power: Double, _ factor: [Double]) throws {
                let values = try a.doubles()
                let expected = zip(values, factor).map { $1 * Foundation.pow($0, power) }
                if let d = firstDifference(try found.doubles(), expected, tolerance: 1e-8) {
                    Issue.record("\(name), \(what): \(d)")
                }
            }
            try expect("value", f(a), 0.5, [1, 1])
            try expect("gradient", gradient(of: scalar)(a), -0.5, [0.5, -1])
            try expect("second", gradient(of: { sum(gradient(of: scalar)($0)) })(a), -1.5, [-0.25, 0.5])
            try expect(
                "forward over reverse", pushforward(gradient(of: scalar), at: a, along: a.filled(1)).tangent, -1.5,
                [-0.25, 0.5])
            let series = taylor(of: f, at: a, order: 3).coefficients
            try expect("third coefficient", series[3], -2.5, [0.0625, 0.0625])
            let batch = vmap(gradient(of: scalar))(stack([a, a]))
            try expect("batch", batch[1], -0.5, [0.5, -1])
        }
        let pair = { (p: Tensor) in
            root(of: { x in stack([x[0] * x[1] - p[0], x[0] - x[1] - p[1]]) }, from: Tensor([2.0, 1], .float64))
        }
        let p = Tensor([2.0, 1], .float64)
        #expect(firstDifference(try pair(p).doubles(), [2, 1], tolerance: 1e-10) == nil)
        // J = [[y, x], [1, −1]], and dx/dp is its inverse.
        #expect(
            firstDifference(
                try jacobian(of: pair)(p).doubles(), [1.0 / 3, 2.0 / 3, 1.0 / 3, -1.0 / 3], tolerance: 1e-10) == nil)
        #expect(
            firstDifference(
                try jacobian(of: pair, mode: .reverse)(p).doubles(), [1.0 / 3, 2.0 / 3, 1.0 / 3, -1.0 / 3],
                tolerance: 1e-10) == nil)
    }

    @Test func `searches that find nothing say so`() throws {
        func message(_ x: Tensor) -> String {
            do {
                _ = try x.doubles()
                return ""
            } catch { return "\(error)" }
        }
        let a = Tensor(2.0, .float64)
        #expect(message(fixedPoint(of: { 2 * $0 + 1 }, from: a, limit: 50)).contains("fixedPoint"))
        #expect(message(root(of: { $0 * $0 + 1 }, from: a)).contains("did not converge"))
        #expect(message(root(of: { $0 * $0 + 1 }, between: 1.0, and: Tensor(2.0, .float64))).contains("opposite signs"))
    }

    @Test func `linear systems are solved by elimination`() throws {
        for n in [1, 2, 5, 12] {
            let a = try Self.data([n, n], seed: n), x = try Self.data([n], seed: n + 1)
            let b = matmul(a, x)
            #expect(firstDifference(try LinearSystem.solve(a, b).doubles(), try x.doubles(), tolerance: 1e-8) == nil)
        }
        let (a, b) = (try Self.data([3, 3], seed: 9), try Self.data([3], seed: 10))
        // Cramer's rule.
        func cofactor(_ a: Tensor, _ b: Tensor) -> Tensor {
            func det(_ m: Tensor) -> Tensor {
                func d(_ i: Int, _ j: Int) -> Tensor { m[1, i] * m[2, j] - m[1, j] * m[2, i] }
                let (first, second, third): (Tensor, Tensor, Tensor) = (
                    m[0, 0] * d(1, 2), m[0, 1] * d(0, 2), m[0, 2] * d(0, 1)
                )
                return first - second + third
            }
            let column = b.reshaped(to: [3, 1])
            let replaced = (0..<3).map { (j: Int) -> Tensor in
                let pieces: [Tensor] = (0..<3).map { $0 == j ? column : a.sliced(axis: 1, start: $0, count: 1) }
                return det(concatenate(pieces, axis: 1)) / det(a)
            }
            return stack(replaced)
        }
        try ControlLaw(
            "solve", at: [a, b], order: 3, loop: { LinearSystem.solve($0[0], $0[1]) }, plain: { cofactor($0[0], $0[1]) }
        ).check(tolerance: 1e-7)
    }
}
