import Testing

@testable import LeibnizCore

@Suite struct `Values` {
    @Test func `a sum of products is computed`() throws {
        let x: Tensor = [[1, 2], [3, 4]]
        #expect(try sum(x * x, axes: [1]).doubles() == [5, 25])
        #expect(try matmul(x, x).doubles() == [7, 10, 15, 22])
        #expect(try x.transposed().reshaped(to: [4]).doubles() == [1, 3, 2, 4])
        #expect(try cumulativeSum(x, axis: 1).doubles() == [1, 3, 3, 7])
        #expect(try sort(x, axis: 1, descending: true).values.doubles() == [2, 1, 4, 3])
        #expect(try concatenate([x, x + 1], axis: 1).doubles() == [1, 2, 2, 3, 3, 4, 4, 5])
        #expect(try softmax(x).doubles().map { ($0 * 1e4).rounded() } == [2689, 7311, 2689, 7311])
    }

    @Test func `a gradient is computed`() throws {
        let x = Tensor([1.0, 2, 3], .float64)
        let g = (∇{ sum(sin($0) * $0) })(x)
        let expected = [1.0, 2, 3].map { cosine($0) * $0 + sine($0) }
        for (a, b) in zip(try g.doubles(), expected) { #expect(abs(a - b) < 1e-12) }
    }

    @Test func `a convolution has the derivative of finite differences`() throws {
        let x = Tensor.normal([2, 3, 7, 6], seed: 1, .float64)
        let w = Tensor.normal([4, 3, 3, 2], seed: 2, .float64)
        for (stride, padding, dilation) in [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 2, 1)] {
            let f = { (x: Tensor, w: Tensor) in
                sum(sin(convolution(x, w, stride: [stride], padding: [padding], dilation: [dilation])))
            }
            let (gx, gw) = gradient(of: f)(x, w)
            let (a, b) = (try gx.doubles(), try gw.doubles())
            var (xs, ws) = (try x.doubles(), try w.doubles())
            let h = 1e-5
            for place in [0, 5, 100, 251] {
                let kept = xs[place]
                xs[place] = kept + h
                let up = try f(Tensor(xs, shape: x.shape, .float64), w).item()
                xs[place] = kept - h
                let down = try f(Tensor(xs, shape: x.shape, .float64), w).item()
                xs[place] = kept
                #expect(abs((up - down) / (2 * h) - a[place]) < 1e-7)
            }
            for place in [0, 7, 71] {
                let kept = ws[place]
                ws[place] = kept + h
                let up = try f(x, Tensor(ws, shape: w.shape, .float64)).item()
                ws[place] = kept - h
                let down = try f(x, Tensor(ws, shape: w.shape, .float64)).item()
                ws[place] = kept
                #expect(abs((up - down) / (2 * h) - b[place]) < 1e-7)
            }
        }
    }
}

import func Foundation.cos
import func Foundation.sin

private func sine(_ x: Double) -> Double { Foundation.sin(x) }
private func cosine(_ x: Double) -> Double { Foundation.cos(x) }
