import Foundation
import Testing

@testable import LeibnizCore

private func numbers(_ values: Double...) -> Tensor { Tensor(values, .float64) }

@Suite struct `Gradients` {
    @Test func `are given for one tensor, two, and several, with the value if wanted`() throws {
        let (x, y) = (numbers(1, 2, 3), numbers(4, 5, 6))
        let f = { (x: Tensor, y: Tensor) in sum(x * x * y) }
        #expect(try gradient(of: { sum($0 * $0) })(x).doubles() == [2, 4, 6])
        #expect(try (∇{ sum($0 * $0) })(x).doubles() == [2, 4, 6])
        let (gx, gy) = gradient(of: f)(x, y)
        #expect(try gx.doubles() == [8, 20, 36])
        #expect(try gy.doubles() == [1, 4, 9])
        #expect(try (∇f)(x, y).1.doubles() == [1, 4, 9])
        let (value, (hx, hy)) = valueWithGradient(at: x, y, of: f)
        #expect(try value.item() == 78)
        #expect(try hx.doubles() == gx.doubles() && hy.doubles() == gy.doubles())
        let many = valueWithGradients(at: [x, y, x]) { sum($0[0] * $0[1] * $0[2]) }
        #expect(try many.gradients.map { try $0.doubles() } == [[4, 10, 18], [1, 4, 9], [4, 10, 18]])
        #expect(try valueWithGradient(at: x) { sum($0) }.value.item() == 6)
    }

    @Test func `of one tensor given twice are those of each place`() throws {
        let x = numbers(3)
        let (a, b) = gradient(of: { (a: Tensor, b: Tensor) in sum(a * a * b) })(x, x)
        #expect(try a.item() == 18)
        #expect(try b.item() == 9)
    }

    @Test func `run forward along directions and back along cotangents, for one tensor, two, and several`() throws {
        let (x, y, v, w) = (numbers(1, 2), numbers(3, 5), numbers(0.5, -1), numbers(2, 1))
        let forward = pushforward({ $0 * $0 }, at: x, along: v)
        #expect(try forward.value.doubles() == [1, 4])
        #expect(try forward.tangent.doubles() == [1, -4])
        #expect(try pushforward({ $0 * $1 }, at: (x, y), along: (v, w)).tangent.doubles() == [3.5, -3])
        #expect(try pushforward({ $0[0] * $0[1] }, at: [x, y], along: [v, w]).tangent.doubles() == [3.5, -3])
        let (value, back) = pullback({ $0 * $0 }, at: x)
        #expect(try value.doubles() == [1, 4])
        #expect(try back(w).doubles() == [4, 4])
        #expect(try back(v).doubles() == [1, -4])
        let (_, both) = pullback({ $0 * $1 }, at: (x, y))
        #expect(try both(w).0.doubles() == [6, 5])
        #expect(try both(w).1.doubles() == [2, 2])
    }

    @Test func `nest to any order`() throws {
        // The derivatives of x⁶ at 2, and of sin at 1.
        var power: (Tensor) -> Tensor = { $0 * $0 * $0 * $0 * $0 * $0 }
        for expected in [64.0, 192, 480, 960, 1440, 1440, 720, 0] {
            #expect(try power(Tensor(2, .float64)).item() == expected)
            power = gradient(of: power)
        }
        var wave: (Tensor) -> Tensor = { sin($0) }
        for order in 0..<7 {
            let expected = Foundation.sin(1 + Double(order) * .pi / 2)
            #expect(abs(try wave(Tensor(1, .float64)).item() - expected) < 1e-12)
            let inner = wave
            wave = order % 2 == 0 ? gradient(of: inner) : { pushforward(inner, at: $0, along: $0.filled(1)).tangent }
        }
    }

    @Test func `do not confuse the perturbations of nested derivatives`() throws {
        typealias Function = (Tensor) -> Tensor
        let reverse = { (f: @escaping Function) in { (x: Tensor) in gradient(of: f)(x) } }
        let forward = { (f: @escaping Function) in { (x: Tensor) in pushforward(f, at: x, along: x.filled(1)).tangent }
        }
        let series = { (f: @escaping Function) in { (x: Tensor) in taylor(of: f, at: x, order: 1).coefficients[1] } }
        let batch = { (f: @escaping Function) in
            { (x: Tensor) in
                sum(vmap { pushforward(f, at: x, along: $0).tangent }(stack([x.filled(0.25), x.filled(0.75)])))
            }
        }
        let columns = { (f: @escaping Function) in { (x: Tensor) in jacobian(of: f, mode: .forward)(x) } }
        for outer in [reverse, forward, series, batch, columns] {
            for inner in [reverse, forward, series, batch, columns] {
                // d/dx [x · d/dy (x + y)] = 1, where y is taken at 1 and at x.
                #expect(
                    try outer { x in x * inner { y in x + y }(Tensor(1, .float64)) }(Tensor(1, .float64)).item() == 1)
                #expect(try outer { x in x * inner { y in x + y }(x) }(Tensor(3, .float64)).item() == 1)
                // d/dx [x · d/dy (x·y²) at y = x] = d/dx 2x³.
                #expect(try outer { x in x * inner { y in x * y * y }(x) }(Tensor(3, .float64)).item() == 54)
                // The same tensor captured from outside is a constant.
                let x = Tensor(3, .float64)
                #expect(try outer { y in x * inner { z in x * y * z }(x) }(x).item() == 9)
            }
        }
    }

    @Test func `are zeros of the argument's shape where it has no influence`() throws {
        let (x, y) = (Tensor.ones([2, 3], .float64), Tensor.ones([4], .float64))
        let g = gradient(of: { _ in Tensor(5, .float64) })(x)
        #expect(g.shape == [2, 3])
        #expect(try g.doubles() == Array(repeating: 0, count: 6))
        let (gx, gy) = gradient(of: { (x: Tensor, _: Tensor) in sum(x) })(x, y)
        #expect(try gx.doubles() == Array(repeating: 1, count: 6))
        #expect(gy.shape == [4])
        #expect(try gy.doubles() == [0, 0, 0, 0])
        #expect(try gradient(of: { sum(floor($0)) })(y).doubles() == [0, 0, 0, 0])
        #expect(try pushforward({ _ in y }, at: x, along: x).tangent.doubles() == [0, 0, 0, 0])
        #expect(try pullback({ _ in y }, at: x).pullback(y).doubles() == Array(repeating: 0, count: 6))
    }

    @Test func `of a function's value stop where a gradient is stopped`() throws {
        let x = numbers(2, 3)
        #expect(try gradient(of: { sum($0 * $0.stopGradient()) })(x).doubles() == [2, 3])
        #expect(try pushforward({ $0 * $0.stopGradient() }, at: x, along: x).tangent.doubles() == [4, 9])
        #expect(try gradient(of: { sum($0.stopGradient()) })(x).doubles() == [0, 0])
    }

    @Test func `go through a cast between real types`() throws {
        let x = Tensor([1.5, -2], .float32)
        let f = { (x: Tensor) in sum(x.cast(to: .float64) * Tensor([2.0, 3], .float64)) }
        let g = gradient(of: f)(x)
        #expect(g.elementType == .float32)
        #expect(try g.doubles() == [2, 3])
        let tangent = pushforward(f, at: x, along: x).tangent
        #expect(tangent.elementType == .float64)
        #expect(try tangent.item() == -3)
        // Through integers no derivative passes.
        #expect(try gradient(of: { sum($0.cast(to: .int32).cast(to: .float32) * $0) })(x).doubles() == [1, -2])
    }

    @Test func `of what has none are errors that say so`() {
        func kind(_ tensor: Tensor) -> TensorError.Kind? {
            do {
                _ = try tensor.doubles()
                return nil
            } catch { return (error as? TensorError)?.kind }
        }
        let (whole, real) = (Tensor([1, 2, 3]), numbers(1, 2, 3))
        #expect(kind(gradient(of: { sum($0) })(whole)) == .elementType)
        #expect(kind(gradient(of: { sum($0.cast(to: .int64)) })(real)) == .elementType)
        #expect(kind(gradient(of: { $0 })(real)) == .shape)
        #expect(kind(pushforward({ $0 }, at: whole, along: whole).tangent) == .elementType)
        #expect(kind(pushforward({ $0 }, at: real, along: numbers(1)).tangent) == .shape)
        #expect(kind(pullback({ $0 }, at: real).pullback(numbers(1, 2))) == .shape)
        #expect(kind(pullback({ $0 > 0 }, at: real).pullback(real)) == .elementType)
        // The first error of the body, not one about its derivative.
        let error = #expect(throws: TensorError.self) {
            try gradient(of: { sum(matmul($0, $0.reshaped(to: [7]))) })(real).doubles()
        }
        #expect(error?.operation == "reshape")
    }

    @Test func `of functions that look at values are those of the way taken`() throws {
        let f = { (x: Tensor) -> Tensor in
            let isLarge = (try? x.item()).map { $0 > 1 } ?? false
            return isLarge ? x * x : x
        }
        #expect(try gradient(of: f)(Tensor(3, .float64)).item() == 6)
        #expect(try gradient(of: f)(Tensor(0.5, .float64)).item() == 1)
        #expect(try gradient(of: gradient(of: f))(Tensor(3, .float64)).item() == 2)
    }
}
