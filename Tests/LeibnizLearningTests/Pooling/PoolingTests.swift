import Foundation
import Leibniz
import Testing

/// The windows of [N, C, H, W] images, in the order of the pooled pixels, as nested loops find them.
private func naiveWindows(
    _ x: Tensor, size: [Int], stride: [Int], padding: [Int], outside: Double
) throws -> [[Double]] {
    let image = try NaiveImages(x)
    func extent(_ axis: Int) -> Int { (image.shape[2 + axis] + 2 * padding[axis] - size[axis]) / stride[axis] + 1 }
    var windows: [[Double]] = []
    for n in 0..<image.shape[0] {
        for c in 0..<image.shape[1] {
            for i in 0..<extent(0) {
                for j in 0..<extent(1) {
                    windows.append(
                        (0..<size[0] * size[1]).map { k in
                            let (row, column) = (k / size[1], k % size[1])
                            return image[
                                n, c, i * stride[0] + row - padding[0], j * stride[1] + column - padding[1],
                                outside: outside]
                        })
                }
            }
        }
    }
    return windows
}

@Suite struct `Pooling layers` {
    struct Case: Sendable, CustomStringConvertible {
        var size = [2, 2]
        var stride = [2, 2]
        var padding = [0, 0]
        var shape: Shape = [2, 3, 6, 8]
        var description: String { "\(size) stride \(stride) padding \(padding) of \(shape)" }
    }
    static let cases = [
        Case(), Case(shape: [1, 2, 7, 5]), Case(size: [3, 3], stride: [2, 2], padding: [1, 1], shape: [2, 1, 7, 9]),
        Case(size: [3, 2], stride: [1, 1], shape: [1, 2, 5, 4]), Case(size: [2, 3], stride: [3, 1], padding: [1, 1]),
        Case(size: [1, 1], stride: [1, 1]), Case(size: [6, 8], stride: [1, 1]), Case(size: [2, 2], stride: [4, 5]),
    ]

    @Test(arguments: cases)
    func `maximum and mean agree with nested loops and their derivatives with differences`(_ c: Case) throws {
        let x = normal(c.shape, seed: 5)
        let maximum = MaxPool2D(c.size, stride: c.stride, padding: c.padding)
        let average = AveragePool2D(c.size, stride: c.stride, padding: c.padding)
        let low = try naiveWindows(x, size: c.size, stride: c.stride, padding: c.padding, outside: -.infinity)
        let zero = try naiveWindows(x, size: c.size, stride: c.stride, padding: c.padding, outside: 0)
        try expectClose(maximum(x), low.map { $0.max() ?? 0 })
        try expectClose(average(x), zero.map { $0.reduce(0, +) / Double($0.count) })
        for layer in [maximum, average] as [any Layer] { try expectSlopes(layer, at: x, "\(c)") }
    }

    @Test(arguments: cases.filter { $0.padding == [0, 0] })
    func `the mean of powers agrees with nested loops and its derivative with differences`(_ c: Case) throws {
        let x = normal(c.shape, seed: 7)
        for p in [1, 7.5] {
            let layer = LpPool2D(p, c.size, stride: c.stride)
            let windows = try naiveWindows(x, size: c.size, stride: c.stride, padding: [0, 0], outside: 0)
            let expected = windows.map { pow($0.map { pow(abs($0), p) }.reduce(0, +) / Double($0.count), 1 / p) }
            try expectClose(layer(x), expected)
            try expectSlopes(layer, at: x, "p = \(p), \(c)")
        }
    }

    @Test func `the mean of powers is finite for large values and powers, and goes to the maximum`() throws {
        let x = Tensor([1e30, -3e30, 2e-30, 0], shape: [1, 1, 2, 2])
        for p in [1.0, 2, 20, 1000, 1e9] {
            let layer = LpPool2D(p, 2)
            let value = try layer(x).item()
            let mean: Double = Foundation.pow((Foundation.pow(1.0 / 3, p) + 1) / 4, 1 / p)
            #expect(value.isClose(to: 3e30 * mean, within: 1e-5), "p = \(p)")
            #expect(try (∇{ sum(layer($0)) })(x).doubles().allSatisfy(\.isFinite), "p = \(p)")
        }
        #expect(try LpPool2D(.infinity, 2)(x).doubles() == MaxPool2D(2)(abs(x)).doubles())
        let slopes = try (∇{ sum(LpPool2D(.infinity, 2)($0)) })(x).doubles()
        #expect(slopes == [0, -1, 0, 0])
        #expect(try LpPool2D(2, 2)(Tensor([.infinity, 1, 2, 3], shape: [1, 1, 2, 2])).item() == .infinity)
        #expect(try LpPool2D(2, 2)(Tensor([.nan, 1, 2, 3], shape: [1, 1, 2, 2])).item().isNaN)
    }

    @Test(arguments: [1, 1.5, 2, 3, 100, .infinity])
    func `the derivative of the mean of powers at 0 is 0`(_ p: Double) throws {
        let layer = LpPool2D(p, 2)
        let zero = Tensor.zeros([1, 1, 2, 2], .float64)
        #expect(try layer(zero).item() == 0)
        #expect(try (∇{ sum(layer($0)) })(zero).doubles() == [0, 0, 0, 0])
        let partly = try (∇{ sum(layer($0)) })(Tensor([3.0, 0, 0, 0], shape: [1, 1, 2, 2], .float64)).doubles()
        #expect(partly[1...] == [0, 0, 0])
        #expect(partly[0].isClose(to: pow(0.25, 1 / p)))
    }

    @Test func `of equal greatest values the first gets the derivative`() throws {
        let x = Tensor([1.0, 4, 4, 4], shape: [1, 1, 2, 2], .float64)
        #expect(try (∇{ sum(MaxPool2D(2)($0)) })(x).doubles() == [0, 1, 0, 0])
    }

    @Test func `stride is the size unless given, one number stands for both axes, and a batch is not needed`() throws {
        let x = normal([3, 9, 7], seed: 1)
        #expect(MaxPool2D(3)(x).shape == [3, 3, 2])
        #expect(AveragePool2D(2, stride: 1)(x).shape == [3, 8, 6])
        #expect(LpPool2D(2, [3, 2])(x).shape == [3, 3, 3])
        #expect(
            try MaxPool2D([3, 3], stride: [2, 2], padding: [1])(x).doubles()
                == MaxPool2D(3, stride: 2, padding: 1)(x).doubles())
    }

    @Test func `windows that do not fit, wrong settings and wrong ranks are errors that name the layer`() {
        let x = Tensor.zeros([1, 1, 4, 4])
        #expect(message(of: MaxPool2D(5)(x)).contains("ShapeError: MaxPool2D cannot take [1, 1, 4, 4]"))
        #expect(message(of: AveragePool2D(0)(x)).contains("ValueError: AveragePool2D"))
        #expect(message(of: MaxPool2D(2, stride: -1)(x)).contains("positive"))
        #expect(message(of: MaxPool2D(2, padding: 2)(x)).contains("half"))
        #expect(message(of: MaxPool2D([1, 2, 3])(x)).contains("ValueError"))
        #expect(message(of: MaxPool2D(2)(Tensor([1.0, 2]))).contains("[N, C, H, W]"))
    }
}
